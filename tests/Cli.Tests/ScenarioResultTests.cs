using System.Text.Json;
using EdgeFleet.Cli.Output;
using EdgeFleet.Cli.Results;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class ScenarioResultTests
{
    [Fact]
    public void Repeats_become_medians_and_what_did_not_complete_is_named()
    {
        Run[] runs =
        [
            Completed("one", "h1", 10), Completed("one", "h1", 30), Completed("one", "h1", 20),
            new() { DeviceId = "one", ScenarioHash = "h1", State = RunState.Ended, Scenario = new Scenario(), End = new RunEnd { Outcome = Outcome.Failed, Reason = "worker_lost" } },
            Completed("two", "h1", 5),
            new() { DeviceId = "two", ScenarioHash = "h2", State = RunState.Queued, Scenario = new Scenario() },
        ];
        var results = ScenarioResult.Of(runs);
        Assert.Equal([("one", 3, 4, 20d, "failed(worker_lost)"), ("two", 1, 1, 5d, "")], results.Select(r => (r.DeviceId, r.Completed, r.Runs, r.TtftNs!.Value, r.Outcome)));
        Assert.Null(results[0].TpotNs);
    }

    [Fact]
    public void As_JSON_a_value_that_was_not_measured_is_null()
    {
        using var writer = new StringWriter();
        ResultTable.Write(new Printer(OutputFormat.Json, writer), ScenarioResult.Of([Completed("one", "h", 7)]));
        using var document = JsonDocument.Parse(writer.ToString());
        var row = document.RootElement.GetProperty("results").EnumerateArray().Single();
        Assert.Equal(7, row.GetProperty("ttft_ns").GetDouble());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("tpot_ns").ValueKind);
    }

    private static Run Completed(string device, string hash, long ttftNs) => new()
    {
        DeviceId = device, ScenarioHash = hash, State = RunState.Ended, Scenario = new Scenario(), End = new RunEnd { Outcome = Outcome.Completed }, Result = new RunResult { TtftNs = ttftNs },
    };
}
