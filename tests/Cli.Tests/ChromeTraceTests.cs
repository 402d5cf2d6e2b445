using System.Text.Json;
using EdgeFleet.Cli.Traces;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class ChromeTraceTests
{
    [Fact]
    public void Phases_tokens_operators_and_sensors_share_one_time_line()
    {
        var trace = new Trace
        {
            RunId = "r", Scenario = new Scenario { Model = "m", ContextTokens = 64 },
            Phases = { new Phase { Name = "load_cold", StartNs = 1_000_000, EndNs = 3_000_000, Iteration = -1 }, new Phase { Name = "prefill", StartNs = 4_000_000, EndNs = 6_000_000, Iteration = 0 } },
            Iterations = { new Iteration { TtftNs = 9, Warmup = true }, new Iteration { TtftNs = 2_000_000, InterTokenNs = { 500_000 } } },
            Operators = { new OperatorTime { Node = "n", Operator = "o", OperatorClass = "gemm", TimeNs = 1000 } },
            Telemetry = { new TelemetrySeries { Metric = "power_watts", Label = "VDD_IN", TimeNs = { 2_000_000 }, Value = { 5 } } },
        };
        using var stream = new MemoryStream();
        ChromeTrace.Write(trace, stream);
        using var document = JsonDocument.Parse(stream.ToArray());
        var events = document.RootElement.GetProperty("traceEvents").EnumerateArray().ToList();
        (double, double) Slice(string name)
        {
            var slice = events.Single(e => e.GetProperty("name").GetString() == name && e.GetProperty("ph").GetString() == "X");
            return (slice.GetProperty("ts").GetDouble(), slice.GetProperty("dur").GetDouble());
        }

        Assert.Equal((0, 2000), Slice("load_cold"));
        Assert.Equal((3000, 2000), Slice("prefill 0"));
        Assert.Equal((3000, 2000), Slice("first token"));
        Assert.Equal((5000, 500), Slice("token"));
        Assert.Equal((0, 1), Slice("n"));
        var counter = events.Single(e => e.GetProperty("ph").GetString() == "C");
        Assert.Equal(("power_watts VDD_IN", 1000d, 5d), (counter.GetProperty("name").GetString(), counter.GetProperty("ts").GetDouble(), counter.GetProperty("args").GetProperty("value").GetDouble()));
    }
}
