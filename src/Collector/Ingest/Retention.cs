using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;

namespace EdgeFleet.Collector.Ingest;

/// <summary>Removes traces that are too old, or the oldest when they take too much. Segments go as a whole; results stay.</summary>
internal sealed partial class Retention(Database database, TraceSegments segments, PartialUploads parts, CollectorOptions options, TimeProvider time, ILogger<Retention> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Removes what is due now.</summary>
    /// <returns>Segments that were removed.</returns>
    public async Task<int> CleanAsync()
    {
        parts.Clean();
        var oldest = time.GetUtcNow().Subtract(options.TraceRetention).ToUnixNanoseconds();
        var excess = segments.TotalBytes - options.TraceBytesBound;
        var removed = 0;
        foreach (var segment in segments.Numbers().Order().ToList())
        {
            if (segment >= segments.OldestOpen) break;
            var newest = database.Read(sql => sql.Number("SELECT MAX(received_ns) FROM trace WHERE segment = $0", segment));
            if (newest >= oldest && excess <= 0) break;
            var bytes = segments.BytesOf(segment);

            // Rows first: a segment without rows is garbage, rows without a segment would be a broken promise.
            await database.WriteAsync(sql =>
            {
                sql.Run("UPDATE run SET trace_id = 0 WHERE trace_id IN (SELECT trace_id FROM trace WHERE segment = $0)", segment);
                sql.Run("DELETE FROM trace WHERE segment = $0", segment);
            });
            segments.Remove(segment);
            excess -= bytes;
            removed++;
            LogRemoved(segment, bytes);
        }

        return removed;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await CleanAsync();
            }
            catch (Exception error) when (error is IOException or Microsoft.Data.Sqlite.SqliteException)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1501, LogLevel.Information, "Trace segment {Segment} with {Bytes} bytes was removed.")]
    private partial void LogRemoved(long segment, long bytes);

    [LoggerMessage(1502, LogLevel.Error, "Removing old traces failed; it is tried again in an hour.")]
    private partial void LogFailed(Exception error);
}
