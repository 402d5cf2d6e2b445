using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Warmup;

/// <summary>How many timed iterations a run makes: until the interval of their mean is narrow, within bounds (docs/measurement.md, iterations).</summary>
public sealed record IterationPolicy
{
    /// <summary>Iterations that are always made.</summary>
    /// <value>Default 1.</value>
    public int MinimumIterations { get; init; } = 1;

    /// <summary>Most iterations.</summary>
    /// <value>Default 15.</value>
    public int MaximumIterations { get; init; } = 15;

    /// <summary>Timed seconds after which no further iteration is started.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan MaximumTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Iterations before which no interval is called narrow: a few that happen to agree say little.</summary>
    /// <value>Default 5.</value>
    public int FewestForInterval { get; init; } = 5;

    /// <summary>Half width of the 95 % interval of the mean, over the mean, that is narrow enough.</summary>
    /// <value>Default 0.02, as BenchmarkDotNet's.</value>
    public double NarrowHalfWidth { get; init; } = 0.02;

    /// <summary>Whether to make another iteration.</summary>
    /// <param name="first">Time to first token of the iterations so far, in any unit.</param>
    /// <param name="next">Time per output token of each; empty where it is undefined.</param>
    /// <param name="timed">Time spent in them.</param>
    public bool Continue(ReadOnlySpan<double> first, ReadOnlySpan<double> next, TimeSpan timed)
    {
        if (first.Length < MinimumIterations) return true;
        if (first.Length >= MaximumIterations || timed >= MaximumTime) return false;
        return HalfWidth(first, next) is not { } width || width > NarrowHalfWidth;
    }

    /// <summary>The wider of both intervals' relative half widths; null where there are too few iterations to tell.</summary>
    public double? HalfWidth(ReadOnlySpan<double> first, ReadOnlySpan<double> next) => first.Length < Math.Max(2, FewestForInterval)
        ? null
        : Math.Max(StudentT.RelativeHalfWidth95(first), next.IsEmpty ? 0 : StudentT.RelativeHalfWidth95(next));
}
