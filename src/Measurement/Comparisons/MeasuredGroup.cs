using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Comparisons;

/// <summary>Repeats of one scenario under the same conditions.</summary>
/// <param name="Samples">One positive sample per repeat.</param>
/// <param name="Conditions">What the samples were bound to: resolved hardware, power mode, clocks policy, definitions version...</param>
public sealed record MeasuredGroup(ImmutableArray<double> Samples, ImmutableSortedDictionary<string, string> Conditions);
