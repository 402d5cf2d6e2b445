using System.Diagnostics;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Protos.V1;
using Xunit;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Agent.Tests;

public sealed class WorkerProcessTests
{
    private static readonly WorkerRun Run = new()
    {
        RunId = "run",
        Scenario = new Scenario { Model = "m" },
        Engine = new EngineOptions(),
    };

    [Fact]
    public async Task A_completed_run_has_its_parts_merged_in_order()
    {
        using var worker = new PlayedWorker();
        var phases = new List<string>();
        var running = new WorkerProcess(worker.Launch).RunAsync(Run, progress => phases.Add(progress.Phase), CancellationToken.None);
        using (var channel = await worker.ConnectAsync())
        {
            Assert.Equal("run", (await PlayedWorker.ReceiveRunAsync(channel)).RunId);
            channel.Send(new WorkerToAgent { Progress = new WorkerProgress { Phase = "warmup" } });
            channel.Send(new WorkerToAgent { Part = Iteration(1) });
            channel.Send(new WorkerToAgent { Part = Iteration(2) });
            channel.Send(new WorkerToAgent { End = new RunEnd { Outcome = Outcome.Completed } });
        }

        var result = await running;
        Assert.Equal(Outcome.Completed, result.Trace.End.Outcome);
        Assert.Equal([1, 2], result.Trace.Iterations.Select(iteration => iteration.TtftNs));
        Assert.Equal("m", result.Trace.Scenario.Model);
        Assert.Equal(["warmup"], phases);
    }

    [Fact]
    public async Task A_worker_that_exits_without_a_word_has_crashed_and_its_last_line_is_kept()
    {
        var result = await RunAsync(PlayedWorker.Shell("echo first; echo it broke >&2; exit 7"));
        Assert.Equal((Outcome.Failed, "worker_crashed", 7), (result.Trace.End.Outcome, result.Trace.End.Reason, result.Trace.End.ExitCode));
        Assert.Contains("it broke", result.Trace.End.Message + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_a_signal_ends_has_crashed_with_that_signal()
    {
        var end = (await RunAsync(PlayedWorker.Shell("kill -SEGV $$"))).Trace.End;
        Assert.Equal((Outcome.Failed, "worker_crashed", 11), (end.Outcome, end.Reason, end.Signal));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_reported()
    {
        var end = (await RunAsync(new WorkerLaunch { Command = ["/nonexistent/agent"] })).Trace.End;
        Assert.Equal((Outcome.Failed, "worker_not_started"), (end.Outcome, end.Reason));
    }

    [Fact]
    public async Task A_worker_that_never_connects_is_killed()
    {
        var end = (await RunAsync(PlayedWorker.Shell("exec sleep 600") with { ConnectTimeout = TimeSpan.FromMilliseconds(300) })).Trace.End;
        Assert.Equal((Outcome.Failed, "worker_not_started"), (end.Outcome, end.Reason));
        Assert.Contains("did not connect", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_arrived_before_a_crash_is_kept()
    {
        using var worker = new PlayedWorker();
        var process = new WorkerProcess(worker.Launch);
        var running = process.RunAsync(Run, _ => { }, CancellationToken.None);
        using var channel = await worker.ConnectAsync();
        await PlayedWorker.ReceiveRunAsync(channel);
        channel.Send(new WorkerToAgent { Progress = new WorkerProgress { Phase = "measure" } });
        channel.Send(new WorkerToAgent { Part = Iteration(5) });
        using (var victim = Process.GetProcessById(process.ProcessId)) victim.Kill();
        channel.Dispose();

        var trace = (await running).Trace;
        Assert.Equal(5, Assert.Single(trace.Iterations).TtftNs);
        Assert.Equal((Outcome.Failed, "worker_crashed", 9, "measure"), (trace.End.Outcome, trace.End.Reason, trace.End.Signal, trace.End.LastPhase));
    }

    [Fact]
    public async Task A_silent_worker_is_killed_at_the_phase_deadline()
    {
        using var worker = new PlayedWorker();
        var run = Run.Clone();
        run.Engine.PhaseDeadlineNs = 500_000_000;
        var running = new WorkerProcess(worker.Launch).RunAsync(run, _ => { }, CancellationToken.None);
        using var channel = await worker.ConnectAsync();
        channel.Send(new WorkerToAgent { Progress = new WorkerProgress { Phase = "warmup" } });

        var end = (await running).Trace.End;
        Assert.Equal((Outcome.Failed, "phase_deadline", "warmup"), (end.Outcome, end.Reason, end.LastPhase));
    }

    [Theory]
    [InlineData(new byte[] { 255, 255, 255, 127 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 255, 255, 255 })]
    public async Task Bytes_that_are_no_message_end_the_run_and_not_the_agent(byte[] bytes)
    {
        using var worker = new PlayedWorker();
        var running = new WorkerProcess(worker.Launch).RunAsync(Run, _ => { }, CancellationToken.None);
        using var channel = await worker.ConnectAsync();
        worker.Raw(bytes);

        var end = (await running).Trace.End;
        Assert.Equal((Outcome.Failed, "protocol_violation"), (end.Outcome, end.Reason));
    }

    [Fact]
    public async Task A_cancelled_worker_may_end_its_run_itself()
    {
        using var worker = new PlayedWorker();
        using var cancellation = new CancellationTokenSource();
        var running = new WorkerProcess(worker.Launch).RunAsync(Run, _ => { }, cancellation.Token);
        using (var channel = await worker.ConnectAsync())
        {
            await PlayedWorker.ReceiveRunAsync(channel);
            await cancellation.CancelAsync();
            var message = await channel.ReceiveAsync(AgentToWorker.Parser, CancellationToken.None);
            Assert.Equal(AgentToWorker.MessageOneofCase.Cancel, message!.MessageCase);
            channel.Send(new WorkerToAgent { End = new RunEnd { Outcome = Outcome.Cancelled, Reason = "by_itself" } });
        }

        Assert.Equal("by_itself", (await running).Trace.End.Reason);
    }

    [Fact]
    public async Task A_worker_that_ignores_its_cancellation_is_killed_after_the_grace()
    {
        using var worker = new PlayedWorker();
        using var cancellation = new CancellationTokenSource();
        var running = new WorkerProcess(worker.Launch).RunAsync(Run, _ => { }, cancellation.Token);
        using var channel = await worker.ConnectAsync();
        await PlayedWorker.ReceiveRunAsync(channel);
        await cancellation.CancelAsync();

        var end = (await running).Trace.End;
        Assert.Equal((Outcome.Cancelled, "cancelled"), (end.Outcome, end.Reason));
    }

    [Fact]
    public async Task Output_is_bounded_to_its_end()
    {
        var text = new BoundedText(10);
        using var reader = new StringReader(string.Concat(Enumerable.Repeat("0123456789\n", 1000)) + "the end");
        await text.ReadAsync(reader);
        Assert.Equal("89\nthe end", text.ToString());
        Assert.Equal("the end", text.LastLine());
    }

    private static Task<WorkerResult> RunAsync(WorkerLaunch launch) => new WorkerProcess(launch).RunAsync(Run, _ => { }, CancellationToken.None);

    private static Trace Iteration(long ttft)
    {
        var trace = new Trace();
        trace.Iterations.Add(new Iteration { TtftNs = ttft });
        return trace;
    }
}
