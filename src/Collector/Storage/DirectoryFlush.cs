using System.Runtime.InteropServices;

namespace EdgeFleet.Collector.Storage;

/// <summary>Makes the entries of a directory durable, which .NET has no call for: a new file's name survives a power cut only after this.</summary>
internal static partial class DirectoryFlush
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY on Linux x64; O_DIRECTORY differs on arm64 and O_RDONLY alone will do.

    /// <summary>Flushes a directory.</summary>
    public static void Flush(string directory)
    {
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? ReadOnlyDirectory : 0;
        var descriptor = Open(directory, flags);
        if (descriptor < 0) throw new IOException($"Cannot open directory {directory} to flush it: error {Marshal.GetLastPInvokeError()}.");
        try
        {
            if (Synchronize(descriptor) != 0) throw new IOException($"Cannot flush directory {directory}: error {Marshal.GetLastPInvokeError()}.");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
