using System.Collections.Immutable;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Special token ids.</summary>
/// <param name="Begin">Begin of sequence, or null.</param>
/// <param name="End">Ids that end generation.</param>
public sealed record TokensManifest(int? Begin, ImmutableArray<int> End);
