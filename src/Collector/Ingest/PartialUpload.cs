using System.Buffers;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>One trace as it comes. A small one stays in memory; a larger one is written to its part file, flushed at each milestone.</summary>
internal sealed class PartialUpload : IDisposable
{
    /// <summary>Traces up to this size are not kept when a stream ends before they are whole: the sender was not told of a part.</summary>
    public const int SmallTrace = Milestone;

    private const int Milestone = 1 << 20;

    private readonly string? path;
    private readonly FileStream? file;
    private readonly Action released;
    private byte[]? buffer;
    private int filled;
    private ulong told;

    /// <summary>Begins, or goes on with what lies there.</summary>
    /// <param name="header">What the trace is; its size was checked.</param>
    /// <param name="path">The part file; null to stay in memory.</param>
    /// <param name="released">Called once when nothing of it is in memory any more.</param>
    public PartialUpload(TraceHeader header, string? path, Action released)
    {
        Header = header;
        this.path = path;
        this.released = released;
        if (path is not null)
        {
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 64 << 10);
                if ((ulong)file.Length > header.EncodedBytes) file.SetLength(0);
                file.Seek(0, SeekOrigin.End);
                return;
            }
            catch (IOException)
            {
                // Another stream is uploading the same trace: this one does without the part file, and the trace is stored once all the same.
            }
        }

        buffer = ArrayPool<byte>.Shared.Rent((int)header.EncodedBytes);
    }

    /// <summary>What the trace is.</summary>
    public TraceHeader Header { get; }

    /// <summary>Bytes that are there.</summary>
    public ulong Received => (ulong)(file?.Length ?? filled);

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

    /// <summary>Takes a piece that begins where the trace is; ignores any other, and what would be too much.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool Append(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset != Received || Received + (ulong)data.Length > Header.EncodedBytes) return false;
        if (file is not null)
        {
            file.Write(data);
            return true;
        }

        data.CopyTo(buffer.AsSpan(filled));
        filled += data.Length;
        return true;
    }

    /// <summary>All the bytes; they are valid until this is disposed of.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        if (file is null) return buffer.AsMemory(0, filled);
        buffer ??= ArrayPool<byte>.Shared.Rent((int)file.Length);
        file.Position = 0;
        file.ReadExactly(buffer, 0, (int)file.Length);
        return buffer.AsMemory(0, (int)file.Length);
    }

    /// <summary>The trace is stored or refused: nothing of the part is wanted any more.</summary>
    public void Discard()
    {
        Dispose();
        if (file is not null) File.Delete(path!);
    }

    /// <summary>Closes the part, which stays.</summary>
    public void Dispose()
    {
        file?.Dispose();
        if (buffer is null) return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        released();
    }
}
