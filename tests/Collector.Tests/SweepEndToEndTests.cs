using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class SweepEndToEndTests : IAsyncLifetime
{
    private TestCollector collector = null!;
    private SimulatedAgent agent = null!;

    public async ValueTask InitializeAsync()
    {
        collector = await TestCollector.StartAsync();
        agent = new SimulatedAgent(collector, "one");
    }

    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await collector.DisposeAsync();
    }

    private const string Document = """
        name: quick
        models: [tiny-transformer, tiny-ssm]
        context: 64,128
        decode: 8
        repeats: 2
        """;

    private static CreateSweepRequest Request(string document = Document) => new() { Document = document };

    [Fact]
    public async Task A_sweep_is_performed_and_its_results_can_be_read()
    {
        await agent.ConnectAsync();
        var plan = await collector.Fleet.PlanSweepAsync(Request());
        Assert.Equal(8ul, plan.Runs);
        Assert.Equal(4ul, plan.Scenarios);

        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal(SweepState.Finished, ended.State);
        Assert.Equal(8u, ended.Counts.Completed);
        Assert.Equal(8u, ended.Counts.Total);
        Assert.Equal(8, agent.Assignments.Select(a => a.Run.RunId).Distinct().Count());

        var first = await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = sweep.SweepId, PageSize = 5 });
        var second = await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = sweep.SweepId, PageSize = 5, PageToken = first.NextPageToken });
        Run[] runs = [.. first.Runs, .. second.Runs];
        Assert.Equal(8, runs.Select(r => r.RunId).Distinct().Count());
        Assert.Equal("", second.NextPageToken);
        Assert.All(runs, r => Assert.Equal((r.Scenario.ContextTokens * 10_000L) + 1, r.Result.TtftNs));
        Assert.All(runs, r => Assert.Equal(5_000_000, r.Result.TpotNs));
        Assert.All(runs, r => Assert.Equal(200, r.Result.DecodeTokensPerSecond, 6));
        var trace = await collector.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = runs[0].RunId });
        Assert.Equal(4, trace.Iterations.Count);
    }

    [Fact]
    public async Task Runs_wait_for_a_device_that_is_not_connected()
    {
        await agent.ConnectAsync();
        await agent.DisconnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        Assert.Equal(8u, (await collector.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweep.SweepId })).Counts.Queued);
        await ConnectAgainAsync();
        Assert.Equal(8u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
    }

    [Fact]
    public async Task A_run_that_the_agent_lost_is_issued_again_and_one_that_it_claims_is_not()
    {
        agent.Perform = _ => null;
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 1), "the first assignment");
        agent.Assignments.TryPeek(out var held);
        await agent.DisconnectAsync();
        await ConnectAgainAsync();
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Single(agent.Assignments);

        // The same device without its memory.
        await agent.DisconnectAsync();
        await using var reborn = new SimulatedAgent(collector, "one");
        await ConnectAgainAsync(reborn);
        Assert.Equal(8u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
        var again = reborn.Assignments.Single(a => a.Run.RunId == held!.Run.RunId);
        Assert.Equal(2u, again.Run.Attempt);

        // What the first attempt still delivers is stale.
        var ack = await reborn.UploadAsync(Simulation.Traces.Completed(held!), held!.Origin);
        Assert.Equal(TraceDisposition.Stale, ack.Disposition);
    }

    [Fact]
    public async Task A_sweep_goes_on_after_the_collector_restarts_in_the_middle()
    {
        var delivered = 0;
        agent.Perform = assignment => Interlocked.Increment(ref delivered) <= 3 ? Simulation.Traces.Completed(assignment) : null;
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 4), "four assignments");
        var pending = agent.Assignments.Last();
        await collector.RestartAsync();
        await agent.DisconnectAsync();
        agent.Perform = assignment => Simulation.Traces.Completed(assignment);
        await agent.ConnectAsync();
        await agent.FinishAsync(pending, Simulation.Traces.Completed(pending));
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal(8u, ended.Counts.Completed);
        Assert.All((await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = sweep.SweepId })).Runs, r => Assert.Equal(1u, r.Attempt));
    }

    [Fact]
    public async Task A_paused_sweep_issues_nothing_until_it_is_resumed()
    {
        agent.Perform = _ => null;
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 1), "the first assignment");
        await collector.Fleet.PauseSweepAsync(new PauseSweepRequest { SweepId = sweep.SweepId });
        agent.Perform = assignment => Simulation.Traces.Completed(assignment);
        var first = agent.Assignments.Single();
        await agent.FinishAsync(first, Simulation.Traces.Completed(first));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Single(agent.Assignments);
        await collector.Fleet.ResumeSweepAsync(new ResumeSweepRequest { SweepId = sweep.SweepId });
        Assert.Equal(8u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
    }

    [Fact]
    public async Task Cancelling_ends_queued_runs_and_tells_the_device()
    {
        agent.Perform = _ => null;
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 1), "the first assignment");
        await collector.Fleet.CancelSweepAsync(new CancelSweepRequest { SweepId = sweep.SweepId, Reason = "wrong models" });
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Cancels.Count == 1), "the cancel");
        var first = agent.Assignments.Single();
        Assert.Equal(first.Run.RunId, agent.Cancels.Single().RunId);
        await agent.FinishAsync(first, Simulation.Traces.Ended(first, Outcome.Cancelled, "cancelled"));
        var ended = await collector.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweep.SweepId });
        Assert.Equal(SweepState.Cancelled, ended.State);
        Assert.Equal(8u, ended.Counts.Cancelled);
    }

    [Fact]
    public async Task A_failed_run_is_retried_as_the_policy_says_and_then_stays_failed()
    {
        agent.Perform = assignment => Simulation.Traces.Ended(assignment, Outcome.Failed, "worker_crashed");
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 64\nrepeats: 1\nretry: {max_attempts: 3}"));
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal(1u, ended.Counts.Failed);
        Assert.Equal([1u, 2u, 3u], agent.Assignments.Select(a => a.Run.Attempt));
    }

    [Fact]
    public async Task A_stop_condition_skips_what_is_left()
    {
        agent.Perform = assignment => Simulation.Traces.Ended(assignment, Outcome.Failed, "runtime_error");
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 1-500\nrepeats: 1\nstop: {max_failures: 2}"));
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal(SweepState.Stopped, ended.State);
        Assert.InRange(ended.Counts.Failed, 2u, 499u);
        Assert.True(ended.Counts.Skipped > 0);
        Assert.StartsWith("max_failures", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Longer_contexts_are_skipped_after_one_ran_out_of_memory()
    {
        agent.Perform = assignment => assignment.Run.Scenario.ContextTokens >= 128 ? Simulation.Traces.Ended(assignment, Outcome.OutOfMemory, "out_of_memory") : Simulation.Traces.Completed(assignment);
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 64,128,256,512\nrepeats: 1\norder: sequential"));
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal((1u, 1u, 2u), (ended.Counts.Completed, ended.Counts.OutOfMemory, ended.Counts.Skipped));
    }

    [Fact]
    public async Task Results_of_the_same_key_are_reused_and_a_changed_environment_measures_again()
    {
        await agent.ConnectAsync();
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(Request())).SweepId);
        var again = Request(Document + "\nreuse: {enabled: true}");
        Assert.Equal(8ul, (await collector.Fleet.PlanSweepAsync(again)).Reused);
        var ended = await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(again)).SweepId);
        Assert.Equal((8u, 8u), (ended.Counts.Completed, ended.Counts.Reused));
        Assert.Equal(8, agent.Assignments.Count);

        await agent.DisconnectAsync();
        await using var updated = new SimulatedAgent(collector, "one") { Fingerprint = { ["gpu_uuid"] = "2" } };
        await ConnectAgainAsync(updated);
        Assert.Equal(0ul, (await collector.Fleet.PlanSweepAsync(again)).Reused);
    }

    [Fact]
    public async Task A_slower_result_shows_in_its_ratio_to_the_baseline()
    {
        await agent.ConnectAsync();
        var before = await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(Request(Document.Replace("repeats: 2", "repeats: 6", StringComparison.Ordinal)))).SweepId);
        agent.Perform = assignment => Simulation.Traces.Completed(assignment, speed: 0.5);
        var after = await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(Request())).SweepId);
        var runs = await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = after.SweepId });
        Assert.All(runs.Runs, r => Assert.Equal(2, r.Result.TtftBaselineRatio, 2));
        var comparison = await collector.Fleet.CompareAsync(new CompareRequest { BaselineSweepId = before.SweepId, CandidateSweepId = after.SweepId });
        Assert.Equal(4, comparison.Rows.Count);
        Assert.All(comparison.Rows, r => Assert.Equal(2, r.Ratio, 2));
        Assert.All(comparison.Rows, r => Assert.Equal("inconclusive", r.Verdict));
    }

    [Fact]
    public async Task One_slow_repeat_is_noise_and_the_ratio_waits_for_half_of_the_repeats()
    {
        const string Six = "models: tiny-ssm\ncontext: 64\ndecode: 8\nrepeats: 6";
        await agent.ConnectAsync();
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(Request(Six))).SweepId);
        agent.Perform = assignment => Simulation.Traces.Completed(assignment, speed: assignment.Run.Repeat is 2 or 5 ? 0.2 : 1);
        var noisy = await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(Request(Six))).SweepId);
        var runs = (await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = noisy.SweepId })).Runs.OrderBy(run => run.Repeat).ToList();
        Assert.Equal([false, false, true, true, true, true], runs.Select(run => run.Result.HasTtftBaselineRatio));
        Assert.All(runs.Skip(2), run => Assert.Equal(1, run.Result.TpotBaselineRatio, 6));
    }

    [Fact]
    public async Task A_refused_assignment_waits_or_fails_by_its_reason()
    {
        var refusals = 0;
        agent.Reply = assignment => new AssignmentReply
        {
            RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, Accepted = Interlocked.Increment(ref refusals) > 1, Reason = refusals == 1 ? "busy" : "",
        };
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 64\nrepeats: 1"));
        Assert.Equal(1u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
        Assert.Equal([1u, 2u], agent.Assignments.Select(a => a.Run.Attempt));

        agent.Reply = assignment => new AssignmentReply { RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, Reason = "artifact_invalid" };
        sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 65\nrepeats: 1"));
        Assert.Equal(1u, (await collector.EndedAsync(sweep.SweepId)).Counts.Failed);
    }

    [Fact]
    public async Task A_run_that_cannot_be_performed_on_a_device_is_skipped_with_a_reason()
    {
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request("models: tiny-ssm\ncontext: 64\nrepeats: 1\nproviders: [cpu, cuda]"));
        var ended = await collector.EndedAsync(sweep.SweepId);
        Assert.Equal((1u, 1u), (ended.Counts.Completed, ended.Counts.Skipped));
        var skipped = (await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = sweep.SweepId, Outcome = Outcome.Skipped })).Runs.Single();
        Assert.Equal("provider_unavailable", skipped.End.Reason);
        Assert.Equal("no GPU", skipped.End.Message);
    }

    [Fact]
    public async Task Watching_ends_with_the_sweep()
    {
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(Request());
        using var watch = collector.Fleet.WatchSweep(new WatchSweepRequest { SweepId = sweep.SweepId });
        SweepUpdate? last = null;
        await foreach (var update in watch.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) last = update;
        Assert.Equal(SweepState.Finished, last!.Sweep.State);
    }

    private Task ConnectAgainAsync(SimulatedAgent? which = null) => TestCollector.EventuallyAsync(
        async () =>
        {
            try
            {
                await (which ?? agent).ConnectAsync();
                return true;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
            {
                // The collector has not seen the end of the stream before.
                return false;
            }
        },
        "the agent connects again");
}
