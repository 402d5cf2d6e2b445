namespace EdgeFleet.Agent.Artifacts;

/// <summary>An artifact in use: as long as this lives, no agent that shares the cache removes it. The kernel ends a lease with its process.</summary>
internal sealed class ArtifactLease : IDisposable
{
    private readonly FileStream hold;

    private ArtifactLease(FileStream hold) => this.hold = hold;

    /// <summary>Takes an artifact's directory into use.</summary>
    public static ArtifactLease Take(string artifact) => new(new FileStream(FileOf(artifact), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read));

    /// <summary>The right to remove an artifact, or null while it is in use.</summary>
    public static IDisposable? TryExclusive(string artifact)
    {
        try
        {
            return new FileStream(FileOf(artifact), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The file whose lock is the lease.</summary>
    public static string FileOf(string artifact) => artifact.TrimEnd('/') + ".lease";

    public void Dispose() => hold.Dispose();
}
