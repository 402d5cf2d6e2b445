using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>An artifact in use: as long as this lives, no process that shares the cache removes it. The kernel ends a lease with its process.</summary>
internal sealed class ArtifactLease : IDisposable
{
    /// <summary>What the name of a directory ends with that is being removed.</summary>
    public const string Removed = ".evicted";

    private const int ReadOnlyFileSystem = 30;
    private static readonly TimeSpan RemovalCheck = TimeSpan.FromMilliseconds(50);
    private readonly FileStream hold;

    private ArtifactLease(FileStream hold) => this.hold = hold;

    /// <summary>Takes an artifact's directory, which need not exist yet, into use; waits while another process removes it.</summary>
    /// <returns>The lease; null where this process may not write the cache.</returns>
    public static ArtifactLease? Take(string artifact, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var hold = new FileStream(FileOf(artifact), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);
                if (File.Exists(hold.Name)) return new ArtifactLease(hold);

                // Removed with the artifact after it was opened: a lock on it says nothing to others.
                hold.Dispose();
            }
            catch (IOException exception) when (DirectoryLock.IsHeld(exception))
            {
                if (cancellation.WaitHandle.WaitOne(RemovalCheck)) throw new OperationCanceledException(cancellation);
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException or IOException { HResult: ReadOnlyFileSystem })
            {
                return null;
            }
        }
    }

    /// <summary>Removes an artifact, unless it is in use.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool TryRemove(string artifact)
    {
        try
        {
            using var exclusive = new FileStream(FileOf(artifact), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

            // Renamed first, so that nobody opens a half of it.
            var doomed = Path.Combine(Path.GetDirectoryName(artifact)!, "." + Path.GetFileName(artifact) + Removed);
            if (Directory.Exists(doomed)) Directory.Delete(doomed, recursive: true);
            if (Directory.Exists(artifact)) Directory.Move(artifact, doomed);
            if (Directory.Exists(doomed)) Directory.Delete(doomed, recursive: true);
            File.Delete(exclusive.Name);
            return true;
        }
        catch (IOException exception) when (DirectoryLock.IsHeld(exception))
        {
            return false;
        }
    }

    public void Dispose() => hold.Dispose();

    private static string FileOf(string artifact) => artifact.TrimEnd('/') + ".lease";
}
