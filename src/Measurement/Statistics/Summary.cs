using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Statistics;

/// <summary>What is reported of repeated measurements of one quantity (docs/measurement.md, statistics).</summary>
public sealed record Summary
{
    /// <summary>
    /// Fewest repeats that give an interval. The range of n samples covers the median with probability 1 - 2^(1-n), which first exceeds
    /// 95 % at n = 6; below that nothing that can be computed from the samples is a 95 % interval.
    /// </summary>
    public const int FewestForInterval = 6;

    /// <summary>Number of samples.</summary>
    public required int Count { get; init; }

    /// <summary>Median.</summary>
    public required double Median { get; init; }

    /// <summary>First and third quartile.</summary>
    public required Interval Quartiles { get; init; }

    /// <summary>Smallest and largest sample.</summary>
    public required Interval Range { get; init; }

    /// <summary>Standard deviation (n - 1) over the mean's magnitude; null with one sample or where the mean is 0.</summary>
    public required double? CoefficientOfVariation { get; init; }

    /// <summary>95 % interval of the median (<see cref="MedianInterval"/>); null with fewer than <see cref="FewestForInterval"/> samples.</summary>
    public required Interval? Confidence95 { get; init; }

    /// <summary>Interquartile range.</summary>
    public double InterquartileRange => Quartiles.High - Quartiles.Low;

    /// <summary>Summarises samples, one per repeat.</summary>
    /// <param name="samples">Finite samples.</param>
    /// <returns>The summary, or null where there is no sample.</returns>
    public static Summary? Of(ImmutableArray<double> samples)
    {
        if (samples.IsEmpty) return null;
        if (samples.Any(sample => !double.IsFinite(sample))) throw new ArgumentException("A sample is not finite.", nameof(samples));

        double[] sorted = [.. samples.Order()];
        var mean = sorted.Average();
        var variance = sorted.Length == 1 ? 0 : sorted.Sum(x => (x - mean) * (x - mean)) / (sorted.Length - 1);
        return new Summary
        {
            Count = sorted.Length,
            Median = Quantile.OfSorted(sorted, 0.5),
            Quartiles = new Interval(Quantile.OfSorted(sorted, 0.25), Quantile.OfSorted(sorted, 0.75)),
            Range = new Interval(sorted[0], sorted[^1]),
            CoefficientOfVariation = sorted.Length == 1 || mean == 0 ? null : Math.Sqrt(variance) / Math.Abs(mean),
            Confidence95 = sorted.Length < FewestForInterval ? null : MedianInterval.Of(sorted),
        };
    }
}
