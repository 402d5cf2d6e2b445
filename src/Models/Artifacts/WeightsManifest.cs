using System.Collections.Immutable;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Provenance of the weights.</summary>
/// <param name="Source"><c>checkpoint</c>, <c>random</c> or <c>foreign</c>.</param>
/// <param name="Seed">Seed of random weights, else null.</param>
/// <param name="Hashes">SHA-256 of each source file by name, ordered by name.</param>
public sealed record WeightsManifest(string Source, ulong? Seed, ImmutableSortedDictionary<string, string> Hashes);
