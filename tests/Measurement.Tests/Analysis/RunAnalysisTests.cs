using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Findings;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Analysis;

/// <summary>Profiles of latency that are known, and what must and must not be said of them.</summary>
public sealed class RunAnalysisTests
{
    private const double Token = 10e6;

    [Fact]
    public void Of_plain_noise_nothing_is_said()
    {
        // Each analyser may err in a few percent; over 300 quiet runs of 5 iterations of 40 tokens, all of them together.
        var random = new Random(3);
        var flagged = Enumerable.Range(0, 300).Count(_ => RunAnalysis.Of(Run(random, 5, (_, _) => Token * (1 + (0.01 * Normal(random)))), Quiet(random)).Any());
        Assert.InRange(flagged, 0, 15);
    }

    [Fact]
    public void A_trend_that_warm_up_left_is_found_in_both_directions()
    {
        var random = new Random(4);
        Assert.Contains(FindingCodes.TrendLeft, Codes(Run(random, 6, (iteration, _) => Token * (1 - (0.03 * iteration)))));
        Assert.Contains(FindingCodes.TrendLeft, Codes(Run(random, 6, (iteration, _) => Token * (1 + (0.03 * iteration)))));
        Assert.DoesNotContain(FindingCodes.TrendLeft, Codes(Run(random, 6, (iteration, _) => Token * (1 - (0.001 * iteration)))));

        // However many iterations there are, those at the end count: here they begin to rise behind a hundred flat ones.
        Assert.Contains(FindingCodes.TrendLeft, Codes(Run(random, 300, (iteration, _) => Token * (1 + (0.001 * Math.Max(0, iteration - 100))))));
    }

    [Fact]
    public void Two_speeds_are_found_and_named()
    {
        var random = new Random(5);
        var seen = RunAnalysis.Of(Run(random, 5, (_, token) => (token % 4 == 0 ? 14e6 : Token) * (1 + (0.01 * Normal(random)))), null).Single(seen => seen.Code == FindingCodes.Multimodal);
        Assert.Contains("75 % around 9.99", seen.Message.Replace("10.0", "9.99", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_with_one_peak_is_not_taken_for_two()
    {
        var random = new Random(6);
        for (var i = 0; i < 100; i++)
        {
            Assert.DoesNotContain(FindingCodes.Multimodal, Codes(Run(random, 5, (_, _) => Token * (1 + (0.3 * random.NextDouble())))));
            Assert.DoesNotContain(FindingCodes.Multimodal, Codes(Run(random, 5, (_, _) => Token * Math.Exp(0.2 * Normal(random)))));
        }
    }

    [Fact]
    public void Rare_interruptions_are_outliers_and_not_a_second_speed()
    {
        var random = new Random(7);
        var codes = Codes(Run(random, 5, (_, token) => token % 20 == 7 ? 5 * Token : Token * (1 + (0.01 * Normal(random)))));
        Assert.Contains(FindingCodes.Outliers, codes);
        Assert.DoesNotContain(FindingCodes.Multimodal, codes);
    }

    [Fact]
    public void A_periodic_throttling_is_recovered_within_one_percent()
    {
        // 30 of 40 tokens at 10 ms, 10 at 15 ms: the median is the common speed, the finding names both.
        var random = new Random(8);
        var run = Run(random, 5, (_, token) => token % 40 < 30 ? Token : 1.5 * Token);
        Assert.Equal(Token, Statistics(run), 0.01 * Token);
        var seen = RunAnalysis.Of(run, null).Single(seen => seen.Code == FindingCodes.Multimodal);
        Assert.Contains("around 10 ms, the others around 15 ms", seen.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_noisy_machine_and_a_run_noisier_than_the_machine_are_told_apart()
    {
        var random = new Random(9);
        var steady = Run(random, 6, (_, _) => Token);
        double[] wild = [.. Enumerable.Range(0, 20).Select(i => 1e6 * (1 + (0.3 * (i % 2))))];
        Assert.Equal([FindingCodes.MachineNoisy], RunAnalysis.Of(steady, new NoiseRounds(wild, wild)).Select(seen => seen.Code));
        Assert.Equal([FindingCodes.MachineNoisy], RunAnalysis.Of(steady, new NoiseRounds(Rounds(random, 1e6), Rounds(random, 1.2e6))).Select(seen => seen.Code));
        var uneven = Run(random, 6, (iteration, _) => Token * (1 + (0.05 * (iteration % 2))));
        Assert.Contains(RunAnalysis.Of(uneven, Quiet(random)), seen => seen.Code == FindingCodes.NoisierThanMachine);
        Assert.Empty(RunAnalysis.Of(steady, Quiet(random)));
    }

    [Fact]
    public void Too_little_time_is_said()
    {
        Assert.Equal([FindingCodes.TooShort], Codes(new RunSamples([1e6], [], [])));
        Assert.Empty(Codes(new RunSamples([30e6], [], [])));
        Assert.Empty(Codes(new RunSamples([], [], [])));
    }

    private static string[] Codes(RunSamples samples) => [.. RunAnalysis.Of(samples, null).Select(seen => seen.Code)];

    private static double Statistics(RunSamples run) => Measurement.Statistics.Quantile.Median(run.InterTokenNs.AsSpan());

    private static NoiseRounds Quiet(Random random) => new(Rounds(random, 1e6), Rounds(random, 1e6));

    private static double[] Rounds(Random random, double level) => [.. Enumerable.Range(0, 20).Select(_ => level * (1 + (0.01 * Normal(random))))];

    private static RunSamples Run(Random random, int iterations, Func<int, int, double> token)
    {
        double[][] times = [.. Enumerable.Range(0, iterations).Select(iteration => Enumerable.Range(0, 40).Select(at => token(iteration, at)).ToArray())];
        return new RunSamples([.. times.Select(_ => 50e6 * (1 + (0.005 * Normal(random))))], [.. times.Select(run => run.Average())], [.. times.SelectMany(run => run)]);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    [Fact]
    public void Repeats_that_vary_more_than_the_machine_are_found()
    {
        double[] steady = [10, 10.1, 9.9, 10, 10.05];
        double[] varying = [10, 11, 9, 10.5, 9.5];
        Assert.Null(RepeatAnalysis.Of(steady, steady));
        Assert.Equal("noisier_than_machine", RepeatAnalysis.Of(varying, steady)!.Code);
        Assert.Null(RepeatAnalysis.Of(varying, varying));
        Assert.Null(RepeatAnalysis.Of([10, 20], steady));
    }
}
