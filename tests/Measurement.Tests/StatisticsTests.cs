using System.Collections.Immutable;
using CsCheck;
using EdgeFleet.Measurement.Statistics;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class StatisticsTests
{
    private static readonly Gen<double[]> Samples = Gen.Double[0.001, 1e6].Array[1, 30];

    [Fact]
    public void Quantiles_are_those_of_type_7()
    {
        double[] samples = [4, 1, 3, 2];
        Assert.Equal(2.5, Quantile.Median(samples));
        Assert.Equal(1.75, Quantile.Of(samples, 0.25));
        Assert.Equal(3.25, Quantile.Of(samples, 0.75));
        Assert.Equal(1, Quantile.Of(samples, 0));
        Assert.Equal(4, Quantile.Of(samples, 1));
        Assert.Equal(7, Quantile.Median([7]));
    }

    [Fact]
    public void Quantiles_rise_with_probability_and_ignore_order() =>
        Gen.Select(Samples, Gen.Double[0, 1], Gen.Double[0, 1]).Sample((samples, p, q) =>
        {
            Assert.True(Quantile.Of(samples, Math.Min(p, q)) <= Quantile.Of(samples, Math.Max(p, q)));
            Assert.Equal(Quantile.Of(samples, p), Quantile.Of([.. samples.Reverse()], p));
        });

    [Fact]
    public void A_summary_orders_its_parts_and_scales_with_its_samples() =>
        Samples.Sample(samples =>
        {
            var summary = Summary.Of([.. samples])!;
            Assert.True(summary.Range.Low <= summary.Quartiles.Low && summary.Quartiles.Low <= summary.Median);
            Assert.True(summary.Median <= summary.Quartiles.High && summary.Quartiles.High <= summary.Range.High);
            var doubled = Summary.Of([.. samples.Select(sample => 2 * sample)])!;
            Assert.Equal(2 * summary.Median, doubled.Median);
            Assert.Equal(summary.CoefficientOfVariation.HasValue, doubled.CoefficientOfVariation.HasValue);
            if (summary.CoefficientOfVariation is { } cv) Assert.Equal(cv, doubled.CoefficientOfVariation!.Value, 1e-9);
        });

    [Theory]
    [InlineData(1, false)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(20, true)]
    public void An_interval_needs_six_repeats(int count, bool expected) =>
        Assert.Equal(expected, Summary.Of([.. Enumerable.Range(1, count).Select(i => (double)i)])!.Confidence95 is not null);

    [Fact]
    public void Nothing_is_summarised_as_nothing_and_a_non_finite_sample_is_refused()
    {
        Assert.Null(Summary.Of([]));
        Assert.Throws<ArgumentException>(() => Summary.Of([1, double.NaN]));
        Assert.Null(Summary.Of([5])!.CoefficientOfVariation);
    }

    [Fact]
    public void The_bootstrap_is_reproducible_and_stays_within_the_range() =>
        Gen.Select(Gen.Double[1, 100].Array[6, 20], Gen.ULong).Sample(
            (samples, seed) =>
            {
                ImmutableArray<double> repeats = [.. samples];
                var interval = Bootstrap.MedianRatio(repeats, [2], seed);
                Assert.Equal(interval, Bootstrap.MedianRatio(repeats, [2], seed));
                Assert.True(samples.Min() / 2 <= interval.Low && interval.Low <= interval.High && interval.High <= samples.Max() / 2);
            },
            iter: 30);

    [Fact]
    public void The_interval_covers_the_median_of_a_skewed_distribution_as_often_as_it_says()
    {
        // Exponential samples: median ln 2. 300 experiments of 15 repeats.
        var random = new Random(20260501);
        var covered = 0;
        for (var experiment = 0; experiment < 300; experiment++)
        {
            double[] samples = [.. Enumerable.Range(0, 15).Select(_ => -Math.Log(1 - random.NextDouble())).Order()];
            if (MedianInterval.Of(samples).Contains(Math.Log(2))) covered++;
        }

        Assert.InRange(covered / 300.0, 0.89, 0.99);
    }

    [Fact]
    public void The_interval_of_few_samples_lies_between_the_outer_pairs()
    {
        // 6 samples: the range holds the median with 31 / 32, the inner pair with 25 / 32; 0.95 lies between.
        var interval = MedianInterval.Of([1, 2, 3, 4, 5, 6]);
        Assert.InRange(interval.Low, 1.1, 1.5);
        Assert.Equal(7, interval.Low + interval.High, 1e-12);
    }

    [Fact]
    public void The_trend_test_knows_the_exact_distribution()
    {
        Assert.Equal(1.0 / 120, MannKendall.ProbabilityOfFall([5, 4, 3, 2, 1]), 1e-12);
        Assert.Equal(5.0 / 120, MannKendall.ProbabilityOfFall([5, 4, 3, 1, 2]), 1e-12);
        Assert.Equal(1, MannKendall.ProbabilityOfFall([1, 2, 3, 4, 5]), 1e-12);
        Assert.Equal(1, MannKendall.ProbabilityOfFall([1]));
        Assert.Equal(0.5, MannKendall.ProbabilityOfFall([2, 1]), 1e-12);
    }

    [Fact]
    public void The_trend_test_agrees_with_counting_permutations()
    {
        double[][] permutations = [.. Permutations([1, 2, 3, 4, 5])];
        Gen.Shuffle(new double[] { 1, 2, 3, 4, 5 }).Sample(series =>
        {
            var inversions = Inversions(series);
            var share = permutations.Count(permutation => Inversions(permutation) >= inversions) / 120.0;
            Assert.Equal(share, MannKendall.ProbabilityOfFall(series), 1e-9);
        });
    }

    private static int Inversions(double[] series) => Enumerable.Range(0, series.Length).Sum(i => series.Skip(i + 1).Count(later => later < series[i]));

    private static IEnumerable<double[]> Permutations(double[] values) =>
        values.Length == 1 ? [values] : values.SelectMany(first => Permutations([.. values.Where(v => v != first)]).Select(rest => (double[])[first, .. rest]));

    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(4, 2.776)]
    [InlineData(30, 2.042)]
    [InlineData(31, 2.040)]
    [InlineData(60, 2.000)]
    [InlineData(1000, 1.962)]
    public void Quantiles_of_t_are_those_of_the_tables(int degrees, double expected) => Assert.Equal(expected, StudentT.TwoSided95(degrees), 0.001);

    [Fact]
    public void A_relative_half_width_is_t_times_the_standard_error_over_the_mean()
    {
        Assert.Equal(3.1824 * Math.Sqrt(4.0 / 3) / 2 / 10, StudentT.RelativeHalfWidth95([9, 11, 9, 11]), 1e-9);
        Assert.Equal(double.PositiveInfinity, StudentT.RelativeHalfWidth95([5]));
        Assert.Equal(0, StudentT.RelativeHalfWidth95([5, 5, 5]));
    }
}
