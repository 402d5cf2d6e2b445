namespace EdgeFleet.Collector.Hosting;

/// <summary>A directory that one process at a time uses. The system gives the lock back when that process ends, however it ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream file;

    private DirectoryLock(FileStream file) => this.file = file;

    /// <summary>Makes the directory where there is none, and takes its lock.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="name">Name of the lock's file in it.</param>
    /// <param name="user">What uses such directories, for the error.</param>
    /// <param name="option">The option that names another directory, for the error.</param>
    /// <exception cref="IOException">Another process has it, or it cannot be written; the message says which, and what to do.</exception>
    public static DirectoryLock Take(string root, string name, string user, string option)
    {
        try
        {
            Directory.CreateDirectory(root, OwnerOnly);
            return new DirectoryLock(new FileStream(Path.Combine(root, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw new IOException($"Another {user} uses {root}. Stop it, or give this one a directory of its own with {option} DIR.", error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"{root} cannot be used ({error.Message.TrimEnd('.')}). Give another directory with {option} DIR.", error);
        }
    }

    /// <summary>Whether a file could not be opened because another has it to itself: EWOULDBLOCK of flock; a sharing violation within one process.</summary>
    public static bool IsHeld(IOException error) => (error.HResult & 0xFFFF) is 11 or 32;

    /// <summary>Gives the directory back.</summary>
    public void Dispose() => file.Dispose();
}
