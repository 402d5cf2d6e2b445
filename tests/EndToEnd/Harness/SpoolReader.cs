using EdgeFleet.Agent.Delivery;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>Looks into the spool of an agent that does not run.</summary>
internal static class SpoolReader
{
    /// <summary>Its accounting.</summary>
    public static SpoolLevel Level(string spool)
    {
        using var opened = Open(spool);
        using var outbox = new TraceOutbox(opened, new string('0', 64), "reader", 0);
        return outbox.Level;
    }

    /// <summary>The traces that wait in a copy of a spool, oldest first, with their sequences.</summary>
    public static IReadOnlyList<(ulong Sequence, TraceChunk Chunk)> Traces(string spool, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(spool)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        using var opened = Open(copy);
        return [.. opened.Records().Select(record => ((ulong)record.Sequence, TraceChunk.Parser.ParseFrom(record.Payload)))];
    }

    private static TraceSpool Open(string spool) =>
        TraceSpool.Open(spool, new SpoolOptions { RecordBytes = RunTraces.LargestBytes + TraceOutbox.HeaderRoom }, TimeProvider.System);
}
