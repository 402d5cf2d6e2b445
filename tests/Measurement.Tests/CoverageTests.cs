using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Measurement.Comparisons;
using EdgeFleet.Measurement.Statistics;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

/// <summary>Simulated runs with a known spread between runs and within them: what the stated intervals and verdicts are worth.</summary>
public sealed class CoverageTests(ITestOutputHelper output)
{
    private const int Cases = 2000;
    private const double Truth = 10;
    private const double BetweenRuns = 0.02;
    private const double WithinRuns = 0.03;

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(20)]
    public void A_stated_95_percent_interval_holds_the_truth_in_93_to_97_percent(int repeats)
    {
        var random = new Random(repeats);
        var held = Enumerable.Range(0, Cases).Count(_ => Summary.Of(Repeats(random, repeats, 1))!.Confidence95!.Value.Contains(Truth));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{repeats} repeats: the interval held the truth in {100.0 * held / Cases:0.0} % of {Cases} cases"));
        Assert.InRange((double)held / Cases, 0.93, 0.97);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(20)]
    public void A_verdict_on_an_unchanged_pair_is_wrong_in_at_most_5_percent(int repeats)
    {
        var random = new Random(100 + repeats);
        var wrong = Enumerable.Range(0, Cases).Count(i => Judge(random, repeats, 1, (ulong)i) is Verdict.Slower or Verdict.Faster);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{repeats} repeats: {100.0 * wrong / Cases:0.0} % of {Cases} unchanged pairs were called faster or slower"));
        Assert.InRange((double)wrong / Cases, 0, 0.05);
    }

    [Fact]
    public void A_change_of_a_tenth_is_found_nearly_always()
    {
        var random = new Random(5);
        var found = Enumerable.Range(0, 200).Count(i => Judge(random, 10, 1.1, (ulong)i) == Verdict.Slower);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"10 repeats: a slowdown of 10 % was found in {100.0 * found / 200:0.0} % of 200 pairs"));
        Assert.InRange(found, 180, 200);
    }

    private static Verdict Judge(Random random, int repeats, double factor, ulong seed)
    {
        var none = ImmutableSortedDictionary<string, string>.Empty;
        return ((Comparison.Compared)Comparison.Of(new(Repeats(random, repeats, factor), none), new(Repeats(random, repeats, 1), none), seed: seed)).Verdict;
    }

    /// <summary>One sample per repeat: the median of five iterations around the run's own level.</summary>
    private static ImmutableArray<double> Repeats(Random random, int count, double factor) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            var level = Truth * factor * (1 + (BetweenRuns * Normal(random)));
            return Quantile.Median([.. Enumerable.Range(0, 5).Select(_ => level * (1 + (WithinRuns * Normal(random))))]);
        }),
    ];

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
