using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>One trace as it comes. Small ones stay in memory; a larger one is written to its part file at each milestone.</summary>
internal sealed class PartialUpload : IDisposable
{
    /// <summary>Traces up to this size are not kept when a stream ends before they are whole.</summary>
    public const int SmallTrace = 256 << 10;

    private const int Milestone = 1 << 20;

    private readonly string path;
    private readonly FileStream? file;
    private readonly MemoryStream? memory;
    private ulong told;

    /// <summary>Begins, or goes on with what lies there.</summary>
    public PartialUpload(TraceHeader header, string path)
    {
        Header = header;
        this.path = path;
        if (header.EncodedBytes <= SmallTrace)
        {
            memory = new MemoryStream((int)header.EncodedBytes);
            return;
        }

        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 64 << 10);
            if ((ulong)file.Length > header.EncodedBytes) file.SetLength(0);
            file.Seek(0, SeekOrigin.End);
        }
        catch (IOException)
        {
            // Another stream is uploading the same trace: this one does without the part file, and the trace is stored once all the same.
            memory = new MemoryStream((int)header.EncodedBytes);
        }
    }

    /// <summary>What the trace is.</summary>
    public TraceHeader Header { get; }

    /// <summary>Bytes that are there.</summary>
    public ulong Received => (ulong)Stream.Length;

    /// <summary>Whether all are there.</summary>
    public bool IsComplete => Received == Header.EncodedBytes;

    /// <summary>True once for each further MiB, at which the sender is told.</summary>
    public bool IsAtMilestone
    {
        get
        {
            if (Received - told < Milestone) return false;
            told = Received;
            file?.Flush();
            return true;
        }
    }

    private Stream Stream => (Stream?)file ?? memory!;

    /// <summary>Takes a piece that begins where the trace is; ignores any other, and what would be too much.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool Append(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset != Received || Received + (ulong)data.Length > Header.EncodedBytes) return false;
        Stream.Write(data);
        return true;
    }

    /// <summary>All the bytes.</summary>
    public byte[] Take()
    {
        if (memory is not null) return memory.Capacity == memory.Length ? memory.GetBuffer() : memory.ToArray();
        var bytes = new byte[file!.Length];
        file.Position = 0;
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The trace is stored or refused: nothing of the part is wanted any more.</summary>
    public void Discard()
    {
        Dispose();
        if (file is not null) File.Delete(path);
    }

    /// <summary>Closes the part, which stays.</summary>
    public void Dispose()
    {
        file?.Dispose();
        memory?.Dispose();
    }
}
