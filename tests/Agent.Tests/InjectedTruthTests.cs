using System.Globalization;
using System.Text.RegularExpressions;
using EdgeFleet.Agent.Engine;
using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>A decoder whose latency is known is measured by the whole engine, and what it reports is compared with what was put in.</summary>
public sealed partial class InjectedTruthTests(ITestOutputHelper output)
{
    private const double Millisecond = 1e6;
    private const double Tolerance = 0.01;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_warm_up_trend_is_left_behind(int seed)
    {
        // Half slower at first, that excess falling to a third with each iteration; 0.3 % of noise on every time.
        var decoder = new KnownLatency(seed, iteration => 12 * (1 + (0.5 * Math.Exp(-1.1 * iteration))), (iteration, _) => 3 * (1 + (0.5 * Math.Exp(-1.1 * iteration))), 0.003);
        var measured = Measure(decoder, 48);
        Recovered("TTFT", Quantile.Median([.. measured.Select(times => (double)times.TimeToFirstTokenNs)]), 12 * Millisecond);
        Recovered("TPOT", Quantile.Median([.. measured.Select(times => times.TimePerOutputTokenNs!.Value)]), 3 * Millisecond);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_speeds_are_found_with_their_levels_and_shares(int seed)
    {
        // Of each ten tokens seven take 2 ms, and three 3 ms.
        var decoder = new KnownLatency(seed, _ => 10, (_, token) => token % 10 < 7 ? 2 : 3, 0.01);
        var measured = Measure(decoder, 201);
        Recovered("TPOT", Quantile.Median([.. measured.Select(times => times.TimePerOutputTokenNs!.Value)]), ((0.7 * 2) + (0.3 * 3)) * Millisecond);
        var found = Analyse(measured).Single(observation => observation.Code == "multimodal");
        var numbers = Numbers().Matches(found.Message).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
        Recovered("share of the fast", numbers[0], 70);
        Recovered("fast level", numbers[1], 2);
        Recovered("slow level", numbers[2], 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Periodic_throttling_is_in_the_mean_and_is_said(int seed)
    {
        // The clock halves for 50 ms of each 150: 2 ms a token, then 4 ms, so that 62.5 tokens fit a period.
        var decoder = new KnownLatency(seed, _ => 10, null, 0.003) { StepAt = now => now % (150 * Millisecond) < 100 * Millisecond ? 2 : 4 };
        var measured = Measure(decoder, 1001);
        Recovered("TPOT", Quantile.Median([.. measured.Select(times => times.TimePerOutputTokenNs!.Value)]), 150 / 62.5 * Millisecond);
        Assert.Contains(Analyse(measured), observation => observation.Code == "multimodal");
    }

    [Fact]
    public void Jumps_of_the_wall_clock_change_nothing()
    {
        TokenTimes[] Times(TimeSpan jump)
        {
            var decoder = new KnownLatency(7, _ => 12, (_, token) => 3 + (token % 2), 0.01) { Jump = jump };
            return [.. Measure(decoder, 32)];
        }

        var steady = Times(TimeSpan.Zero);
        Assert.Equal(steady.SelectMany(Flat), Times(TimeSpan.FromHours(1)).SelectMany(Flat));
        Assert.Equal(steady.SelectMany(Flat), Times(TimeSpan.FromHours(-1)).SelectMany(Flat));
        static IEnumerable<long> Flat(TokenTimes times) => times.InterTokenNs.Prepend(times.TimeToFirstTokenNs);
    }

    [Fact]
    public void Iterations_go_on_until_the_interval_is_narrow()
    {
        var steady = Measure(new KnownLatency(1, _ => 10, (_, _) => 2, 0.001), 9);
        Assert.Equal(5, steady.Count);
        var noisy = new KnownLatency(1, _ => 10, (_, _) => 2, 0.2);
        var sink = new CollectedTrace();
        Assert.Equal(15, Measure(noisy, 9, sink).Count);
        Assert.Contains(sink.Trace.Findings, finding => finding.Code == "interval_wide");
    }

    private void Recovered(string what, double measured, double truth)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {measured:0.####} for {truth:0.####}, {(measured / truth) - 1:+0.00%;-0.00%}"));
        Assert.Equal(1, measured / truth, Tolerance);
    }

    private static IReadOnlyList<TokenTimes> Measure(KnownLatency decoder, int tokens, CollectedTrace? sink = null) =>
        new MeasuringEngine(new WarmupPolicy(), new IterationPolicy(), sink ?? new CollectedTrace())
            .Measure(new IterationTimer(decoder, 1, tokens, decoder.Clock), CancellationToken.None);

    private static IEnumerable<RunObservation> Analyse(IReadOnlyList<TokenTimes> measured) => RunAnalysis.Of(
        new RunSamples(
            [.. measured.Select(times => (double)times.TimeToFirstTokenNs)],
            [.. measured.Select(times => times.TimePerOutputTokenNs!.Value)],
            [.. measured.SelectMany(times => times.InterTokenNs).Select(time => (double)time)]),
        noise: null);

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Numbers();

    private sealed class CollectedTrace : ITraceSink
    {
        public Trace Trace { get; } = new();

        public void Part(Trace part) => Trace.MergeFrom(part);

        public void Progress(string phase, int done, int total)
        {
        }
    }

    /// <summary>Takes as long as it is told to on a clock of its own.</summary>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="prefill">Milliseconds of a prefill, by iteration.</param>
    /// <param name="step">Milliseconds of a step, by iteration and token.</param>
    /// <param name="noise">Standard deviation of each time, over the time.</param>
    private sealed class KnownLatency(int seed, Func<int, double> prefill, Func<int, int, double>? step, double noise) : IDecoderUnderTest
    {
        private readonly Random random = new(seed);
        private readonly long[] ids = [1];
        private int iteration = -1;
        private int token;

        public JumpingClock Clock { get; } = new();

        public TimeSpan Jump { init => Clock.Jump = value; }

        /// <summary>Milliseconds of a step by the instant at which it begins, instead.</summary>
        public Func<double, double>? StepAt { get; init; }

        public void Prepare(CancellationToken cancellation) => (iteration, token) = (iteration + 1, 0);

        public ReadOnlySpan<long> Prefill(CancellationToken cancellation) => Take(prefill(iteration));

        public ReadOnlySpan<long> Step() => Take(StepAt?.Invoke(Clock.Now) ?? step!(iteration, token++));

        private ReadOnlySpan<long> Take(double milliseconds)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            Clock.Now += (long)(milliseconds * Millisecond * (1 + (noise * normal)));
            return ids;
        }
    }

    /// <summary>A monotonic clock that is set, and a wall clock that jumps at each look.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private int looks;

        public long Now { get; set; } = 12345;

        public TimeSpan Jump { get; set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Now / 100) + (Jump * looks++);
    }
}
