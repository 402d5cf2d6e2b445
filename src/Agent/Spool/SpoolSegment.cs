using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace EdgeFleet.Agent.Spool;

/// <summary>
/// One append-only file of records. A record is a 32-byte header (magic, payload length, sequence, time, payload checksum, header
/// checksum; little-endian) and its payload. Headers are checked apart, so that one damaged record does not hide those behind it.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    public const int HeaderBytes = 32;
    private const string Extension = ".segment";
    private const uint Magic = 0x52_53_46_45; // "EFSR"
    private readonly FileStream file;

    private SpoolSegment(FileStream file, long firstSequence)
    {
        this.file = file;
        FirstSequence = firstSequence;
        Length = file.Length;
    }

    public long FirstSequence { get; }

    public long Length { get; private set; }

    public string Path => file.Name;

    /// <summary>Where one record lies.</summary>
    public readonly record struct Entry(long Sequence, DateTimeOffset SpooledAt, long Offset, int PayloadBytes);

    public static SpoolSegment Create(string directory, long firstSequence) =>
        new(Open(NameOf(directory, firstSequence), FileMode.Create), firstSequence);

    /// <summary>The segments in a directory, oldest first.</summary>
    public static IEnumerable<SpoolSegment> OpenAll(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Extension).Order(StringComparer.Ordinal))
        {
            var name = System.IO.Path.GetFileNameWithoutExtension(path);
            if (!long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var firstSequence))
                throw new SpoolException($"{path}: not a segment's name (20 digits); remove what does not belong in the spool.");
            yield return new SpoolSegment(Open(path, FileMode.Open), firstSequence);
        }
    }

    /// <summary>Appends and makes durable; on any failure the file is cut back to what it was.</summary>
    public Entry Append(long sequence, DateTimeOffset now, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], now.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], Crc32C.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Compute(header[..28]));
        var offset = Length;
        try
        {
            RandomAccess.Write(file.SafeFileHandle, header, offset);
            RandomAccess.Write(file.SafeFileHandle, payload, offset + HeaderBytes);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(file.SafeFileHandle, offset);
            throw;
        }

        Length = offset + HeaderBytes + payload.Length;
        return new Entry(sequence, DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()), offset, payload.Length);
    }

    /// <summary>Reads a payload; null when it no longer matches its checksum.</summary>
    public byte[]? Read(Entry entry)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        var payload = new byte[entry.PayloadBytes];
        if (RandomAccess.Read(file.SafeFileHandle, header, entry.Offset) != HeaderBytes
            || !IsHeader(header)
            || ReadFully(payload, entry.Offset + HeaderBytes) != payload.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(header[24..]) != Crc32C.Compute(payload))
            return null;
        return payload;
    }

    /// <summary>Finds the records whose headers are whole, in order; damaged stretches are passed over.</summary>
    public IEnumerable<Entry> Scan(int maximumPayload)
    {
        long offset = 0;
        while (offset + HeaderBytes <= Length)
        {
            if (TryReadEntry(offset, maximumPayload) is not { } entry)
            {
                var next = FindHeader(offset + 1, maximumPayload);
                if (next < 0)
                    yield break;
                offset = next;
                continue;
            }

            yield return entry;
            offset += HeaderBytes + entry.PayloadBytes;
        }
    }

    public void Delete()
    {
        file.Dispose();
        File.Delete(Path);
    }

    public void Dispose() => file.Dispose();

    private static string NameOf(string directory, long firstSequence) =>
        System.IO.Path.Combine(directory, firstSequence.ToString("D20", CultureInfo.InvariantCulture) + Extension);

    private static FileStream Open(string path, FileMode mode) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    private static bool IsHeader(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) == Crc32C.Compute(header[..28]);

    private Entry? TryReadEntry(long offset, int maximumPayload)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file.SafeFileHandle, header, offset) != HeaderBytes || !IsHeader(header))
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (length < 0 || length > maximumPayload || offset + HeaderBytes + length > Length)
            return null;
        var time = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
        return new Entry(BinaryPrimitives.ReadInt64LittleEndian(header[8..]), time, offset, length);
    }

    private long FindHeader(long from, int maximumPayload)
    {
        var window = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            for (var start = from; start + HeaderBytes <= Length; start += window.Length - HeaderBytes + 1)
            {
                var read = ReadFully(window, start);
                for (var index = 0; index + HeaderBytes <= read; index++)
                {
                    if (IsHeader(window.AsSpan(index, HeaderBytes)) && TryReadEntry(start + index, maximumPayload) is not null)
                        return start + index;
                }
            }

            return -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private int ReadFully(Span<byte> destination, long offset)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var read = RandomAccess.Read(file.SafeFileHandle, destination[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }

        return total;
    }
}
