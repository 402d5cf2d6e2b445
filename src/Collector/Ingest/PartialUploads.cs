using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>
/// Traces that have not come wholly. Those that the sender is told of on their way are kept on disk by hash, so that an upload goes on where it was after a
/// reconnect or a restart; shorter ones stay in memory as long as all of them together have room there.
/// </summary>
internal sealed class PartialUploads(DataDirectory data, TimeProvider time)
{
    /// <summary>Most bytes of incomplete traces in memory.</summary>
    public const long MemoryBound = 64L << 20;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private long inMemory;

    /// <summary>Begins or goes on with an upload.</summary>
    public PartialUpload Open(TraceHeader header)
    {
        var bytes = (long)header.EncodedBytes;
        var fits = header.EncodedBytes <= PartialUpload.SmallTrace && Interlocked.Add(ref inMemory, bytes) <= MemoryBound;
        if (!fits && header.EncodedBytes <= PartialUpload.SmallTrace) Interlocked.Add(ref inMemory, -bytes);
        return new PartialUpload(header, fits ? null : Path.Combine(data.Incoming, $"{header.DeviceId[..16]}-{header.Sha256}.trace"), () =>
        {
            if (fits) Interlocked.Add(ref inMemory, -bytes);
        });
    }

    /// <summary>Removes parts that nobody went on with.</summary>
    public void Clean()
    {
        foreach (var path in Directory.EnumerateFiles(data.Incoming))
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(path) > Kept) File.Delete(path);
        }
    }
}
