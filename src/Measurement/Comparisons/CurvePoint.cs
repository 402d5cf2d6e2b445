using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Comparisons;

/// <summary>One measured point of a curve over context length.</summary>
/// <param name="Context">Tokens; positive.</param>
/// <param name="Samples">One positive sample per repeat.</param>
public sealed record CurvePoint(int Context, ImmutableArray<double> Samples);
