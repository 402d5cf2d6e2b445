using System.Runtime.InteropServices;

namespace EdgeFleet.Models.Export;

/// <summary>
/// A directory that appears whole or not at all: files are written into a sibling with a temporary name, which is renamed at the end and
/// removed if that end is not reached.
/// </summary>
internal sealed partial class StagedDirectory : IDisposable
{
    private const int ReadOnly = 0;

    private readonly string _target;
    private bool _isCommitted;

    /// <summary>Creates the temporary directory.</summary>
    /// <param name="target">The directory to appear; it must not exist, or be empty.</param>
    /// <exception cref="IOException">It exists and is not empty, or cannot be created.</exception>
    public StagedDirectory(string target)
    {
        _target = System.IO.Path.GetFullPath(target);
        if (File.Exists(_target) || (Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any()))
            throw new IOException($"{_target}: exists already. Remove it, or choose another directory.");

        var parent = System.IO.Path.GetDirectoryName(_target) ?? throw new IOException($"{_target}: is no place for an artifact.");
        Directory.CreateDirectory(parent);
        Path = System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(_target)}.{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(Path);
    }

    /// <summary>The temporary directory.</summary>
    public string Path { get; }

    /// <summary>Makes the directory durable and gives it its name.</summary>
    /// <exception cref="IOException">The target has come to exist meanwhile.</exception>
    public void Commit()
    {
        Synchronize(Path);
        if (Directory.Exists(_target))
            Directory.Delete(_target);
        Directory.Move(Path, _target);
        _isCommitted = true;
        Synchronize(System.IO.Path.GetDirectoryName(_target)!);
    }

    /// <summary>Removes the temporary directory if it was not committed.</summary>
    public void Dispose()
    {
        if (!_isCommitted && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }

    // A rename is durable once the directory that holds the name is (fsync(2)).
    private static void Synchronize(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;

        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"{directory}: cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");

        try
        {
            if (Flush(descriptor) != 0)
                throw new IOException($"{directory}: cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}.");
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
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
