using System.Collections.Immutable;

namespace EdgeFleet.Agent.Probes;

/// <summary>A remembered report.</summary>
/// <param name="Key">What it was found for: programs and packs with their stamps.</param>
/// <param name="Report">The report.</param>
/// <param name="Limits">Machine limits by pack id and threads.</param>
internal sealed record ProbeMemory(string Key, ProbeReport? Report, ImmutableSortedDictionary<string, LimitsReport> Limits);
