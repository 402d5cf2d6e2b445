using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>Traces that have not come wholly. Large ones are kept on disk by hash, so that an upload goes on where it was after a reconnect or a restart.</summary>
internal sealed class PartialUploads(DataDirectory data, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Begins or goes on with an upload.</summary>
    public PartialUpload Open(TraceHeader header) => new(header, Path.Combine(data.Incoming, $"{header.DeviceId[..16]}-{header.Sha256}.trace"));

    /// <summary>Removes parts that nobody went on with.</summary>
    public void Clean()
    {
        foreach (var path in Directory.EnumerateFiles(data.Incoming))
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(path) > Kept) File.Delete(path);
        }
    }
}
