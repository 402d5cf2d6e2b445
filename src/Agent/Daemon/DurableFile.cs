using System.Buffers.Binary;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Daemon;

/// <summary>Small files that are replaced whole: after a crash there is the old content or the new one, and damage is noticed by a checksum.</summary>
internal static class DurableFile
{
    private const int ChecksumBytes = 4;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes content with its checksum.</summary>
    /// <exception cref="IOException">The disk refused; the old content is still there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var bytes = new byte[ChecksumBytes + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Compute(content));
        content.CopyTo(bytes.AsSpan(ChecksumBytes));
        WriteRaw(path, bytes);
    }

    /// <summary>Writes content as it is, readable by its owner alone.</summary>
    /// <exception cref="IOException">The disk refused; the old content is still there.</exception>
    public static void WriteRaw(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        Posix.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads content back; null where there is none.</summary>
    /// <exception cref="InvalidDataException">It does not have its checksum.</exception>
    public static byte[]? Read(string path)
    {
        if (!File.Exists(path)) return null;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < ChecksumBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Compute(bytes.AsSpan(ChecksumBytes)))
        {
            throw new InvalidDataException($"{path}: its checksum does not match its content.");
        }

        return bytes[ChecksumBytes..];
    }
}
