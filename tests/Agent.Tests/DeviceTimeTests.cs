using EdgeFleet.Agent.Bench;
using EdgeFleet.Protos.V1;
using Xunit;
using Scenario = EdgeFleet.Measurement.Scenarios.Scenario;

namespace EdgeFleet.Agent.Tests;

public sealed class DeviceTimeTests
{
    [Fact]
    public void A_gap_is_what_the_timed_run_took_beyond_the_busy_time()
    {
        var scenario = new Scenario
        {
            Model = "m", Family = "ssm", ArtifactId = "a", RuntimePackId = "p", Provider = "cuda", Precision = "fp16", ContextTokens = 8, DecodeTokens = 3, Batch = 1, DepthTokens = 0,
            PrefillChunkTokens = 2, Threads = 1, Logits = "last", PowerMode = "", Weights = "random",
        };
        var cost = new Measurement.Roofline.ModelCost
        {
            WeightBytesPerStep = 1, FlopPerToken = 1, HeadFlop = 1, AttentionFlopPerPair = 0, KvBytesPerToken = 0, RecurrentBytes = 0, ConvolutionBytes = 0, Windows = [],
        };
        var trace = new Trace { End = new RunEnd { Outcome = Outcome.Completed } };
        trace.Iterations.Add(new Iteration { TtftNs = 30_000_000, InterTokenNs = { 2_000_000, 2_000_000 } });
        trace.DeviceTimes.Add(new DeviceTime { Phase = "prefill", BusyNs = 29_000_000, GapNs = 5_000_000, Runs = 4 });
        trace.DeviceTimes.Add(new DeviceTime { Phase = "decode", BusyNs = 3_000_000, GapNs = 800_000, Runs = 2 });

        var times = BenchRowBuilder.Of(scenario, cost, [trace]).DeviceTimes;

        Assert.Equal(["prefill", "decode"], times.Select(time => time.Phase));
        Assert.Equal((29.0, 5.0, 1.0), (times[0].BusyMilliseconds, times[0].RecordedGapMilliseconds, Math.Round(times[0].GapMilliseconds!.Value, 9)));
        Assert.Equal((1.5, 0.4, 0.5), (times[1].BusyMilliseconds, times[1].RecordedGapMilliseconds, times[1].GapMilliseconds!.Value));
    }
}
