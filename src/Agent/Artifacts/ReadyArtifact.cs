using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>An artifact whose files were checked, in use until this is disposed of.</summary>
/// <param name="Artifact">The artifact.</param>
/// <param name="ManifestPath">File of its manifest where that is not in its directory, else null.</param>
/// <param name="Lease">Keeps it in the cache; null where it lies elsewhere, or in a cache that this process may only read.</param>
internal sealed record ReadyArtifact(Artifact Artifact, string? ManifestPath, ArtifactLease? Lease) : IDisposable
{
    /// <summary>Ends the use.</summary>
    public void Dispose() => Lease?.Dispose();
}
