using System.Collections.Immutable;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Comparisons;

/// <summary>Compares a lower-is-better quantity (a time, bytes, joules) of two groups of repeats.</summary>
public abstract record Comparison
{
    private Comparison()
    {
    }

    /// <summary>A change smaller than this does not matter unless told otherwise.</summary>
    public const double DefaultMargin = 0.03;

    /// <summary>The groups were measured under unlike conditions; nothing was compared.</summary>
    /// <param name="Differences">Each differing condition with both values.</param>
    public sealed record Refused(ImmutableArray<ConditionDifference> Differences) : Comparison;

    /// <summary>The groups were compared.</summary>
    /// <param name="Verdict">What the interval says.</param>
    /// <param name="Ratio">Median of the result over median of the baseline.</param>
    /// <param name="Confidence95">95 % interval of the ratio over repeats; null with too few of them.</param>
    public sealed record Compared(Verdict Verdict, double Ratio, Interval? Confidence95) : Comparison;

    /// <summary>Compares a result with its baseline.</summary>
    /// <param name="result">One positive sample per repeat.</param>
    /// <param name="baseline">One positive sample per repeat.</param>
    /// <param name="margin">Relative change that matters; default 3 %.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    public static Comparison Of(MeasuredGroup result, MeasuredGroup baseline, double margin = DefaultMargin, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        var differences = ConditionDifference.Between(result.Conditions, baseline.Conditions);
        if (!differences.IsEmpty) return new Refused(differences);

        var ratio = Quantile.Median(result.Samples.AsSpan()) / Quantile.Median(baseline.Samples.AsSpan());
        if (Math.Min(result.Samples.Length, baseline.Samples.Length) < Summary.FewestForInterval)
        {
            return new Compared(Verdict.Inconclusive, ratio, null);
        }

        var interval = Bootstrap.MedianRatio(result.Samples, baseline.Samples, seed);
        return new Compared(Judge(interval, margin), ratio, interval);
    }

    private static Verdict Judge(Interval interval, double margin) =>
        interval.Low > 1 + margin ? Verdict.Slower
        : interval.High < 1 / (1 + margin) ? Verdict.Faster
        : interval.Low >= 1 / (1 + margin) && interval.High <= 1 + margin ? Verdict.Same
        : Verdict.Inconclusive;
}
