using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Statistics;

/// <summary>
/// Percentile bootstrap (Efron &amp; Tibshirani 1993, chapter 13) with a seeded generator: the same samples and seed give the same interval on
/// every machine. Samples are repeats (fresh processes), never iterations of one process.
/// </summary>
public static class Bootstrap
{
    /// <summary>Resamples drawn.</summary>
    public const int Resamples = 4000;

    private const double Tail = 0.025;

    /// <summary>95 % interval of median(numerator) / median(denominator), the two groups resampled independently.</summary>
    public static Interval MedianRatio(ImmutableArray<double> numerator, ImmutableArray<double> denominator, ulong seed)
    {
        var generator = new SeededGenerator(seed);
        var ratios = new double[Resamples];
        var above = new double[numerator.Length];
        var below = new double[denominator.Length];
        for (var i = 0; i < ratios.Length; i++)
        {
            var top = ResampledMedian(numerator.AsSpan(), above, ref generator);
            ratios[i] = top / ResampledMedian(denominator.AsSpan(), below, ref generator);
        }

        return Percentile(ratios);
    }

    internal static double ResampledMedian(ReadOnlySpan<double> samples, Span<double> scratch, ref SeededGenerator generator)
    {
        for (var i = 0; i < scratch.Length; i++) scratch[i] = samples[generator.Below(samples.Length)];
        scratch.Sort();
        return Quantile.OfSorted(scratch, 0.5);
    }

    internal static Interval Percentile(double[] values)
    {
        Array.Sort(values);
        return new Interval(Quantile.OfSorted(values, Tail), Quantile.OfSorted(values, 1 - Tail));
    }
}
