using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>Timed iterations of one run, in order.</summary>
/// <param name="TimeToFirstTokenNs">One per iteration.</param>
/// <param name="TimePerOutputTokenNs">One per iteration; empty where it is undefined.</param>
/// <param name="InterTokenNs">All times between tokens.</param>
public sealed record RunSamples(ImmutableArray<double> TimeToFirstTokenNs, ImmutableArray<double> TimePerOutputTokenNs, ImmutableArray<double> InterTokenNs)
{
    /// <summary>All timed time.</summary>
    public double TotalNs => TimeToFirstTokenNs.Sum() + InterTokenNs.Sum();
}
