using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd;

[Collection(SharedFleetTests.Name)]
public sealed class SweepTests(SharedFleet shared)
{
    [Fact]
    public async Task Three_agents_complete_a_sweep_over_three_families_and_each_run_counts_once()
    {
        var fleet = shared.Fleet;
        var agents = await fleet.ConnectAsync("one", "two", "three");
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name in (one, two, three)"));
        await fleet.AssertCompletedAsync(sweep, 9);

        var trace = await fleet.Collector.Client.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = (await fleet.Collector.RunsAsync(sweep))[0].RunId });
        Assert.Contains(trace.Environment.DeviceId, agents.Select(agent => agent.DeviceId));
        Assert.Equal("bundled-" + trace.Environment.Software["onnxruntime_version"], trace.Scenario.RuntimePackId);
        Assert.All(trace.Energy, energy => Assert.NotEmpty(energy.Unavailable));
        Assert.Contains(trace.Findings, finding => finding.Code == "random_weights");

        var levels = await fleet.AccountedAsync(agents);
        Assert.Equal(9, levels.Sum(level => (long)level.Acknowledged));
        Assert.Equal(0UL, (await fleet.Collector.Client.Fleet.GetStatusAsync(new GetStatusRequest())).Conflicts);
    }

    [Fact]
    public async Task Two_agents_do_not_share_a_state_directory_and_no_log_holds_the_token()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("only");
        await agent.ConnectAsync();
        using var second = new TestProcess(Programs.Agent, "run", "--join", "@" + fleet.Collector.JoinFile, "--state", agent.State);
        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains("Another agent uses", second.Text, StringComparison.Ordinal);

        using var client = new FleetClient(await File.ReadAllTextAsync(fleet.Collector.JoinFile));
        Assert.DoesNotContain(client.Address.Token, agent.Process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Address.Token, fleet.Collector.Process.Text, StringComparison.Ordinal);
        Assert.Equal(0, await agent.Process.TerminateAsync());
    }

    [Fact]
    public async Task A_sweeps_rule_invalidates_runs_and_repeats_them_on_the_device()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("strict");
        await agent.ConnectAsync();

        // One iteration of a tiny model is always too short.
        var definition = TestFleet.Sweep("name=strict", "2", 1, "tiny-llama");
        definition.Engine.InvalidatingFindings.Add("too_short");
        definition.Engine.InvalidRepeats = 1;
        var sweep = await fleet.Collector.LaunchAsync(definition);
        await fleet.AssertCompletedAsync(sweep, 1);

        var run = Assert.Single(await fleet.Collector.RunsAsync(sweep));
        Assert.Equal((1u, true), (run.Attempt, run.Result.Invalid));
        var trace = await fleet.Collector.Client.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = run.RunId });
        Assert.Contains(trace.Findings, finding => finding is { Code: "too_short", Invalidates: true });
        Assert.Contains(trace.Findings, finding => finding.Code == "run_repeated" && finding.Message.Contains("1 times", StringComparison.Ordinal));
        await fleet.AccountedAsync(agent);
    }

    [Fact]
    public async Task An_agent_reads_its_sensors_as_often_as_it_is_told()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("often", null, "--sample-period", "0.02");
        await agent.ConnectAsync();
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name=often", "8", 1, "tiny-llama"));
        await fleet.AssertCompletedAsync(sweep, 1);

        var run = Assert.Single(await fleet.Collector.RunsAsync(sweep));
        var trace = await fleet.Collector.Client.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = run.RunId });
        Assert.Equal(20_000_000, trace.Sampler.PeriodNs);
        await fleet.AccountedAsync(agent);
    }

    [Fact]
    public async Task A_cancelled_sweep_ends_its_running_run_as_cancelled()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("slow");
        await agent.ConnectAsync();
        var definition = TestFleet.Sweep("name=slow", "64", 3, "tiny-llama");
        definition.Engine = new EngineOptions { MinIterations = 100_000, MaxIterations = 100_000, MaxMeasureNs = 100_000_000_000, MaxWarmupIterations = 1 };
        var sweep = await fleet.Collector.LaunchAsync(definition);
        await MeasuresAsync(fleet, agent);
        await fleet.Collector.Client.Fleet.CancelSweepAsync(new CancelSweepRequest { SweepId = sweep, Reason = "test" });

        await Wait.UntilAsync(async () => (await fleet.Collector.RunsAsync(sweep)).All(run => run.State == RunState.Ended), () => "all runs have ended");
        var runs = await fleet.Collector.RunsAsync(sweep);
        Assert.All(runs, run => Assert.Equal(Outcome.Cancelled, run.End.Outcome));
        await agent.Process.SaysAsync("is delivered");
        await fleet.AccountedAsync(agent);
    }

    [Fact]
    public async Task An_agent_that_is_told_to_stop_ends_its_run_in_the_spool_and_leaves_with_status_0()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("stopped", null, "--drain-grace", "0");
        await agent.ConnectAsync();
        var definition = TestFleet.Sweep("name=stopped", "64", 1, "tiny-llama");
        definition.Engine = new EngineOptions { MinIterations = 100_000, MaxIterations = 100_000, MaxMeasureNs = 100_000_000_000, MaxWarmupIterations = 1 };
        definition.Retry = new RetryPolicy { MaxAttempts = 1 };
        var sweep = await fleet.Collector.LaunchAsync(definition);
        await MeasuresAsync(fleet, agent);

        Assert.Equal(0, await agent.Process.TerminateAsync());
        await fleet.Collector.EndedAsync(sweep);
        var run = Assert.Single(await fleet.Collector.RunsAsync(sweep));
        Assert.Equal((Outcome.Failed, "agent_restarted"), (run.End.Outcome, run.End.Reason));
        Assert.True(run.HasTrace);
    }

    [Fact]
    public async Task An_agent_that_the_collector_drains_ends_its_run_takes_no_other_and_leaves_with_status_0()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("drained");
        await agent.ConnectAsync();
        var definition = TestFleet.Sweep("name=drained", "64", 2, "tiny-llama");
        definition.Engine = new EngineOptions { MinIterations = 100, MaxIterations = 100, MaxWarmupIterations = 1 };
        var sweep = await fleet.Collector.LaunchAsync(definition);
        await MeasuresAsync(fleet, agent);
        await fleet.Collector.Client.Fleet.DrainDeviceAsync(new DrainDeviceRequest { DeviceId = agent.DeviceId, Reason = "a new release" });

        Assert.Equal(0, await agent.Process.ExitAsync());
        Assert.Equal(1, agent.Process.Count("the collector asked for it (a new release)"));
        var ended = Assert.Single(await fleet.Collector.RunsAsync(sweep), run => run.State == RunState.Ended);
        Assert.Equal(Outcome.Completed, ended.End.Outcome);
        Assert.True(ended.HasTrace);
        await fleet.Collector.Client.Fleet.CancelSweepAsync(new CancelSweepRequest { SweepId = sweep, Reason = "its device left" });
    }

    /// <summary>Waits until a run of the agent is in its timed iterations.</summary>
    private static Task MeasuresAsync(TestFleet fleet, AgentProcess agent) =>
        Wait.UntilAsync(async () => (await fleet.Collector.DeviceAsync(agent.DeviceId)).Progress?.Phase == "measure", () => "the run measures\n" + agent.Process.Text);
}
