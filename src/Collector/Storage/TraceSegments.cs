using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Collector.Storage;

/// <summary>
/// Trace blobs in append-only segment files, so that one flush makes a whole group of traces durable. Each blob follows a head that describes it
/// (magic, lengths, the header as protobuf), so that rows can be rebuilt from the segments. A new segment is begun at each start: what a crash
/// left at the end of an older one is referred to by no row.
/// </summary>
/// <remarks>
/// Record: magic "EFT1", header length and blob length as 32-bit little-endian, header, blob. Offsets point at the blob.
/// Only the database's writer thread appends.
/// </remarks>
internal sealed class TraceSegments : IDisposable
{
    /// <summary>Size after which a new segment is begun; the unit of retention.</summary>
    public const long SegmentBytes = 64L << 20;

    private static readonly byte[] Magic = "EFT1"u8.ToArray();

    private readonly string directory;
    private long current;
    private long oldestOpen;
    private long length;
    private SafeFileHandle? handle;
    private bool dirty;

    /// <summary>Opens the directory.</summary>
    public TraceSegments(string directory)
    {
        this.directory = directory;
        System.IO.Directory.CreateDirectory(directory);
        current = Numbers().DefaultIfEmpty(0).Max();
        oldestOpen = current + 1;
        Flush = FlushToDisk;
    }

    /// <summary>Makes what was appended durable. One delegate, so that a group of writes flushes once.</summary>
    public Action Flush { get; }

    /// <summary>The oldest number that may be written to from now on; retention leaves it and what follows alone.</summary>
    public long OldestOpen => Volatile.Read(ref oldestOpen);

    /// <summary>Bytes of all segments.</summary>
    public long TotalBytes => Numbers().Sum(n => new FileInfo(FileOf(n)).Length);

    /// <summary>Appends a blob.</summary>
    /// <returns>Where it lies; durable after <see cref="Flush"/>.</returns>
    public (long Segment, long Offset) Append(ReadOnlySpan<byte> header, ReadOnlySpan<byte> blob)
    {
        if (handle is null || length >= SegmentBytes) Begin();
        Span<byte> head = stackalloc byte[12];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], blob.Length);
        dirty = true;
        RandomAccess.Write(handle!, head, length);
        RandomAccess.Write(handle!, header, length + head.Length);
        var offset = length + head.Length + header.Length;
        RandomAccess.Write(handle!, blob, offset);
        length = offset + blob.Length;
        return (current, offset);
    }

    /// <summary>The bytes of a blob.</summary>
    public byte[] Read(long segment, long offset, int bytes)
    {
        using var file = File.OpenHandle(FileOf(segment), options: FileOptions.RandomAccess);
        var blob = new byte[bytes];
        var read = 0;
        while (read < bytes)
        {
            var n = RandomAccess.Read(file, blob.AsSpan(read), offset + read);
            if (n == 0) throw new StorageException($"Trace segment {FileOf(segment)} ends at {offset + read}, before byte {offset + bytes}. Restore it from a backup.");
            read += n;
        }

        return blob;
    }

    /// <summary>Bytes of one segment.</summary>
    public long BytesOf(long segment) => new FileInfo(FileOf(segment)).Length;

    /// <summary>Removes a segment that no row refers to.</summary>
    public void Remove(long segment) => File.Delete(FileOf(segment));

    /// <summary>Numbers of the segments there are.</summary>
    public IEnumerable<long> Numbers() => System.IO.Directory.EnumerateFiles(directory, "*.traces")
        .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
        .Where(n => n > 0);

    /// <summary>Closes the segment.</summary>
    public void Dispose() => handle?.Dispose();

    private void Begin()
    {
        FlushToDisk();
        handle?.Dispose();
        current++;
        Volatile.Write(ref oldestOpen, current);
        handle = File.OpenHandle(FileOf(current), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        length = 0;
        DirectoryFlush.Flush(directory);
    }

    private void FlushToDisk()
    {
        if (!dirty) return;
        RandomAccess.FlushToDisk(handle!);
        dirty = false;
    }

    private string FileOf(long number) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{number:D10}.traces"));
}
