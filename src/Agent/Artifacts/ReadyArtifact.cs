using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>An artifact whose files were checked.</summary>
/// <param name="Artifact">The artifact.</param>
/// <param name="ManifestPath">File of its manifest where that is not in its directory, else null.</param>
internal sealed record ReadyArtifact(Artifact Artifact, string? ManifestPath);
