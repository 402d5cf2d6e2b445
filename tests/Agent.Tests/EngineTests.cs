using EdgeFleet.Agent.Engine;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class EngineTests
{
    [Fact]
    public void Times_are_those_of_the_decoder_alone_and_preparation_is_outside()
    {
        var decoder = new ScriptedDecoder(prepare: 1000, prefill: [50], step: 7, batch: 2);
        var iteration = new IterationTimer(decoder, 2, 4, decoder.Clock).Run(3, false, CancellationToken.None);
        Assert.Equal(50, iteration.Message.TtftNs);
        Assert.Equal([7, 7, 7], iteration.Message.InterTokenNs);
        Assert.Equal(
            [("depth", 1000, 3), ("prefill", 50, 3), ("decode", 21, 3)],
            iteration.Phases.Select(phase => (phase.Name, (int)(phase.EndNs - phase.StartNs), phase.Iteration)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void No_step_is_made_for_one_token_or_none(int decode)
    {
        var decoder = new ScriptedDecoder(0, [50], 7);
        var iteration = new IterationTimer(decoder, 1, decode, decoder.Clock).Run(0, false, CancellationToken.None);
        Assert.Empty(iteration.Message.InterTokenNs);
        Assert.Null(iteration.Times.TimePerOutputTokenNs);
    }

    [Fact]
    public void Warm_up_lasts_until_times_are_flat_and_is_marked()
    {
        var decoder = new ScriptedDecoder(0, [900, 800, 700, 600, 500, 500, 500, 500, 500, 500, 500], 7);
        var sink = new CollectedTrace();
        var measured = new MeasuringEngine(new WarmupPolicy(), new IterationPolicy { MinimumIterations = 3, MaximumIterations = 3 }, sink)
            .Measure(new IterationTimer(decoder, 1, 3, decoder.Clock), CancellationToken.None);
        Assert.All(measured, times => Assert.Equal(500, times.TimeToFirstTokenNs));
        Assert.Equal(3, sink.Trace.Iterations.Count(iteration => !iteration.Warmup));
        Assert.Equal(7, sink.Trace.Iterations.Count(iteration => iteration.Warmup));
        Assert.Empty(sink.Trace.Findings);
    }

    [Fact]
    public void A_warm_up_that_reaches_its_bound_says_so()
    {
        var decoder = new ScriptedDecoder(0, [.. Enumerable.Range(0, 30).Select(i => 100_000 - (2500L * i))], 7);
        var sink = new CollectedTrace();
        new MeasuringEngine(new WarmupPolicy { MaximumIterations = 6 }, new IterationPolicy(), sink)
            .Measure(new IterationTimer(decoder, 1, 1, decoder.Clock), CancellationToken.None);
        Assert.Contains(sink.Trace.Findings, finding => finding.Code == "warmup_not_flat");
    }

    [Fact]
    public void Iterations_that_generate_different_tokens_are_found()
    {
        var decoder = new ScriptedDecoder(0, [50], 7) { Drifting = true };
        var sink = new CollectedTrace();
        new MeasuringEngine(new WarmupPolicy(), new IterationPolicy { MinimumIterations = 2 }, sink)
            .Measure(new IterationTimer(decoder, 1, 2, decoder.Clock), CancellationToken.None);
        Assert.Contains(sink.Trace.Findings, finding => finding.Code == "tokens_differ");
    }

    [Fact]
    public void Long_iterations_are_bounded_by_time()
    {
        var decoder = new ScriptedDecoder(0, [60_000_000_000], 1_000_000);
        var sink = new CollectedTrace();
        var measured = new MeasuringEngine(new WarmupPolicy(), new IterationPolicy(), sink)
            .Measure(new IterationTimer(decoder, 1, 2, decoder.Clock), CancellationToken.None);
        Assert.Single(measured);
        Assert.Equal(2, sink.Trace.Iterations.Count);
    }

    [Fact]
    public void Cancellation_takes_effect_between_steps()
    {
        using var cancellation = new CancellationTokenSource();
        var decoder = new ScriptedDecoder(0, [50], 7) { OnStep = cancellation.Cancel };
        Assert.Throws<OperationCanceledException>(() => new IterationTimer(decoder, 1, 10, decoder.Clock).Run(0, false, cancellation.Token));
        Assert.Equal(1, decoder.Steps);
    }

    [Fact]
    public void A_dip_of_the_available_memory_is_seen()
    {
        using var seen = new CountdownEvent(50);
        var looks = 0;
        using var watch = new AvailableMemoryWatch(
            () =>
            {
                if (!seen.IsSet) seen.Signal();
                return ++looks == 7 ? 300 : 1000;
            },
            TimeSpan.FromMilliseconds(1));
        seen.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(300, watch.Finish());
    }

    private sealed class CollectedTrace : ITraceSink
    {
        public Trace Trace { get; } = new();

        public void Part(Trace part) => Trace.MergeFrom(part);

        public void Progress(string phase, int done, int total)
        {
        }
    }

    private sealed class ScriptedDecoder(long prepare, long[] prefill, long step, int batch = 1) : IDecoderUnderTest
    {
        private readonly long[] ids = new long[batch];
        private int prefills;

        public SteppedClock Clock { get; } = new();

        public bool Drifting { get; init; }

        public Action OnStep { get; init; } = () => { };

        public int Steps { get; private set; }

        public void Prepare(CancellationToken cancellation) => Clock.Now += prepare;

        public ReadOnlySpan<long> Prefill(CancellationToken cancellation)
        {
            Clock.Now += prefill[Math.Min(prefills++, prefill.Length - 1)];
            Array.Fill(ids, Drifting ? prefills : 1);
            return ids;
        }

        public ReadOnlySpan<long> Step()
        {
            Clock.Now += step;
            Steps++;
            OnStep();
            return ids;
        }
    }

    private sealed class SteppedClock : TimeProvider
    {
        public long Now { get; set; } = 12345;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;
    }
}
