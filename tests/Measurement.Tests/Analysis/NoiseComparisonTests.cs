using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Findings;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Analysis;

/// <summary>A run's spread beside the noise reference's: like with like.</summary>
public sealed class NoiseComparisonTests
{
    private const double Token = 5e6;
    private const int Tokens = 60;

    [Fact]
    public void White_noise_of_the_same_size_on_both_sides_is_seen_as_equal()
    {
        var random = new Random(1);
        double[] differences =
        [
            .. Enumerable.Range(0, 200).Select(_ =>
            {
                var seen = NoiseComparison.Of(Run(random, 8, (_, _) => 1 + (0.06 * Normal(random))), Rounds(random, 0.06))!;
                Assert.Equal(10 * Token, seen.SpanNs, 0.1 * 10 * Token);
                return seen.Spans!.Value - seen.Reference;
            }),
        ];

        // 6 % of a round and of a token are 1.9 % of a span of ten: both estimates lie there.
        Assert.Equal(0, differences.Average(), 0.002);
    }

    [Fact]
    public void Rounds_that_vary_as_much_as_one_token_do_not_excuse_iterations_that_do()
    {
        // Iterations of 60 tokens vary by 6 %, rounds as well: against rounds on their own that would pass, against means over spans it does not.
        var random = new Random(2);
        var run = Run(random, 8, (iteration, _) => 1 + (0.09 * (iteration % 2)));
        var rounds = Rounds(random, 0.06);
        Assert.Equal(0.06, Measurement.Statistics.Summary.Of([.. rounds.All])!.CoefficientOfVariation!.Value, 0.015);
        Assert.True(NoiseComparison.Of(run, rounds)!.Exceeds);
        Assert.Contains(RunAnalysis.Of(run, rounds), seen => seen.Code == FindingCodes.NoisierThanMachine);
    }

    [Fact]
    public void Bursts_that_hit_every_iteration_alike_are_seen_in_its_spans()
    {
        // One span of each iteration, never the same one, takes half as long again: iterations vary by nothing.
        var random = new Random(3);
        var run = Run(random, 6, (iteration, token) => token / 10 == iteration ? 1.5 : 1);
        var seen = NoiseComparison.Of(run, Rounds(random, 0.01))!;
        Assert.Equal(0, seen.Iterations!.Value, 1e-9);
        Assert.InRange(seen.Spans!.Value, 0.1, 0.3);
        Assert.True(seen.Exceeds);
    }

    [Fact]
    public void Tokens_that_get_slower_as_the_context_grows_are_no_noise()
    {
        var random = new Random(4);
        var seen = NoiseComparison.Of(Run(random, 5, (_, token) => 1 + (0.01 * token)), Rounds(random, 0.01))!;
        Assert.Equal(0, seen.Spans!.Value, 1e-9);
        Assert.False(seen.Exceeds);
    }

    [Fact]
    public void Without_a_decode_the_prefills_count_and_one_iteration_tells_nothing()
    {
        var random = new Random(5);
        var prefills = NoiseComparison.Of(new RunSamples([50e6, 60e6, 50e6], [], []), Rounds(random, 0.01))!;
        Assert.Null(prefills.Spans);
        Assert.True(prefills.Exceeds);
        var one = NoiseComparison.Of(Run(random, 1, (_, token) => token % 2), Rounds(random, 0.01))!;
        Assert.Null(one.Own);
        Assert.False(one.Exceeds);
        Assert.Null(NoiseComparison.Of(Run(random, 5, (_, _) => 1), new NoiseRounds([], [])));
        Assert.Null(NoiseComparison.Of(new RunSamples([], [], []), Rounds(random, 0.01)));
    }

    private static RunSamples Run(Random random, int iterations, Func<int, int, double> token)
    {
        double[][] times = [.. Enumerable.Range(0, iterations).Select(iteration => Enumerable.Range(0, Tokens).Select(at => Token * token(iteration, at)).ToArray())];
        return new RunSamples([.. times.Select(_ => 50e6 * (1 + (0.001 * Normal(random))))], [.. times.Select(run => run.Average())], [.. times.SelectMany(run => run)]);
    }

    private static NoiseRounds Rounds(Random random, double deviation)
    {
        double[] Side() => [.. Enumerable.Range(0, 40).Select(_ => Token * (1 + (deviation * Normal(random))))];
        return new NoiseRounds(Side(), Side());
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
