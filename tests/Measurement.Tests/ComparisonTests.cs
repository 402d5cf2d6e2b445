using System.Collections.Immutable;
using CsCheck;
using EdgeFleet.Measurement.Comparisons;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class ComparisonTests
{
    private static readonly ImmutableSortedDictionary<string, string> Conditions =
        ImmutableSortedDictionary<string, string>.Empty.Add("power_mode", "15W").Add("definitions_version", "1");

    [Theory]
    [InlineData(1.2, Verdict.Slower)]
    [InlineData(0.8, Verdict.Faster)]
    [InlineData(1.0, Verdict.Same)]
    public void A_clear_change_and_a_clear_lack_of_one_are_told(double factor, Verdict expected)
    {
        var compared = Assert.IsType<Comparison.Compared>(Comparison.Of(Group(factor, 8), Group(1, 8)));
        Assert.Equal(expected, compared.Verdict);
        Assert.True(compared.Confidence95!.Value.Contains(compared.Ratio));
    }

    [Fact]
    public void Few_repeats_are_inconclusive_however_large_the_change()
    {
        var compared = Assert.IsType<Comparison.Compared>(Comparison.Of(Group(3, 5), Group(1, 8)));
        Assert.Equal(Verdict.Inconclusive, compared.Verdict);
        Assert.Null(compared.Confidence95);
        Assert.Equal(3, compared.Ratio, 0.1);
    }

    [Fact]
    public void A_change_within_the_noise_is_inconclusive()
    {
        var noisy = new MeasuredGroup([80, 90, 100, 110, 120, 130], Conditions);
        var baseline = new MeasuredGroup([85, 92, 97, 105, 115, 125], Conditions);
        Assert.Equal(Verdict.Inconclusive, Assert.IsType<Comparison.Compared>(Comparison.Of(noisy, baseline)).Verdict);
    }

    [Fact]
    public void Exchanging_the_groups_mirrors_the_verdict() =>
        Gen.Select(Gen.Double[50, 150].Array[6, 12], Gen.Double[50, 150].Array[6, 12]).Sample(
            (a, b) =>
            {
                var there = (Comparison.Compared)Comparison.Of(new([.. a], Conditions), new([.. b], Conditions));
                var back = (Comparison.Compared)Comparison.Of(new([.. b], Conditions), new([.. a], Conditions));
                Assert.Equal(1, there.Ratio * back.Ratio, 1e-9);
                Assert.False(there.Verdict == Verdict.Slower && back.Verdict == Verdict.Slower);
                Assert.False(there.Verdict == Verdict.Faster && back.Verdict == Verdict.Faster);
            },
            iter: 30);

    [Fact]
    public void Unlike_conditions_are_refused_and_named()
    {
        var other = Group(1, 8) with { Conditions = Conditions.SetItem("power_mode", "30W").Add("driver", "550") };
        var refused = Assert.IsType<Comparison.Refused>(Comparison.Of(other, Group(1, 8)));
        Assert.Equal([new ConditionDifference("driver", "550", null), new ConditionDifference("power_mode", "30W", "15W")], refused.Differences);
    }

    [Fact]
    public void A_crossover_lies_where_the_curves_meet()
    {
        // 10 n against n^2 / 100: they meet at n = 1000.
        int[] contexts = [100, 500, 2000, 8000];
        var linear = Curve(contexts, n => 10.0 * n);
        var quadratic = Curve(contexts, n => n * (double)n / 100);
        var crossover = Crossover.Find(linear, quadratic)!;
        Assert.Equal(1000, crossover.Context, 1e-6);
        Assert.Equal((500.0, 2000.0), (crossover.Between.Low, crossover.Between.High));
        Assert.Null(crossover.Confidence95);
        Assert.Null(Crossover.Find(quadratic, linear));
        Assert.Null(Crossover.Find(linear, [.. linear.Select(point => point with { Samples = [1e9] })]));
    }

    [Fact]
    public void A_crossovers_interval_holds_it_and_widens_with_noise()
    {
        int[] contexts = [100, 500, 2000, 8000];
        Crossover Noisy(double spread)
        {
            double[] noise = [-1, -0.6, -0.2, 0.2, 0.6, 1];
            ImmutableArray<CurvePoint> With(Func<int, double> f) =>
                [.. contexts.Select(n => new CurvePoint(n, [.. noise.Select(e => f(n) * (1 + (spread * e)))]))];
            return Crossover.Find(With(n => 10.0 * n), With(n => n * (double)n / 100))!;
        }

        var narrow = Noisy(0.01);
        var wide = Noisy(0.1);
        Assert.True(narrow.Confidence95!.Value.Contains(1000));
        Assert.True(wide.Confidence95!.Value.High - wide.Confidence95.Value.Low > narrow.Confidence95.Value.High - narrow.Confidence95.Value.Low);
        Assert.Equal(1, narrow.ResamplesWithCrossing);
    }

    private static MeasuredGroup Group(double factor, int repeats) =>
        new([.. Enumerable.Range(0, repeats).Select(i => factor * (100 + (0.2 * i)))], Conditions);

    private static ImmutableArray<CurvePoint> Curve(int[] contexts, Func<int, double> time) =>
        [.. contexts.Select(n => new CurvePoint(n, [time(n)]))];
}
