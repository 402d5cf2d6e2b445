using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Candidates at one context length in one quantity, best first.</summary>
/// <param name="Quantity">The quantity.</param>
/// <param name="Context">Prompt tokens.</param>
/// <param name="Places">The candidates that were measured, by median.</param>
public sealed record Ranking(Quantity Quantity, int Context, ImmutableArray<Place> Places);
