using System.Runtime.InteropServices;

namespace EdgeFleet.Models.Hashing;

/// <summary>Identity of a file's content as far as the file system tells it without reading the file.</summary>
/// <param name="Inode">Inode number; 0 where the operating system is not Linux.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedNs">Time of the last modification, nanoseconds since 1970-01-01 UTC.</param>
public readonly partial record struct FileStamp(ulong Inode, long Bytes, long ModifiedNs)
{
    private const int CurrentDirectory = -100;
    private const uint TypeInodeSizeAndModified = 0x1 | 0x100 | 0x200 | 0x40;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>Reads the stamp of a file; a symbolic link is followed.</summary>
    /// <exception cref="IOException">The file cannot be examined.</exception>
    public static FileStamp Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            var file = new FileInfo(path);
            return new FileStamp(0, file.Length, (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100);
        }

        var status = Examine(path);
        return new FileStamp(status.Inode, checked((long)status.Bytes), (status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds);
    }

    /// <summary>Whether a path leads to a regular file (not a directory, FIFO, socket or device); a symbolic link is followed.</summary>
    /// <exception cref="IOException">The file cannot be examined; most often it does not exist.</exception>
    public static bool IsRegularFile(string path) =>
        OperatingSystem.IsLinux() ? (Examine(path).Mode & TypeMask) == RegularFile : File.Exists(path);

    private static StatusX Examine(string path)
    {
        if (Examine(CurrentDirectory, path, 0, TypeInodeSizeAndModified, out var status) != 0)
        {
            throw new IOException($"{Marshal.GetLastPInvokeErrorMessage()}.");
        }

        return status;
    }

    // statx rather than stat: its structure is the same on every architecture (statx(2)).
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Examine(int directory, string path, int flags, uint mask, out StatusX status);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatusX
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Bytes;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
