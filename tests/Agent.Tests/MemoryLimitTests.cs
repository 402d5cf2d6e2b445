using System.Text.Json;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Tests.Commands;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Measurement.Frontier;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>A real limit of a real control group: skipped where this user may make none.</summary>
public sealed class MemoryLimitTests
{
    private const long Limit = 64L << 20;
    private const long WorkersLimit = 512L << 20;

    [Fact]
    public async Task A_worker_that_takes_too_much_is_out_of_memory_and_the_next_run_is_clean()
    {
        RequireControlGroups();

        // tail keeps all that it reads until a line ends, and zeros never end one.
        var greedy = PlayedWorker.Shell("exec tail /dev/zero") with { MemoryLimitBytes = Limit };
        for (var i = 0; i < 2; i++)
        {
            var worker = new WorkerProcess(greedy);
            var end = (await worker.RunAsync(new WorkerRun(), _ => { }, TestContext.Current.CancellationToken)).Trace.End;
            Assert.Equal((Outcome.OutOfMemory, "out_of_memory", Posix.Sigkill), (end.Outcome, end.Reason, end.Signal));

            // The kernel's own words, where this user may read them.
            if (KernelLog.OfKilled(worker.ProcessId) is { Length: > 0 } evidence) Assert.EndsWith(evidence, end.Message, StringComparison.Ordinal);
        }

        var modest = PlayedWorker.Shell("exit 7") with { MemoryLimitBytes = Limit };
        var next = (await new WorkerProcess(modest).RunAsync(new WorkerRun(), _ => { }, TestContext.Current.CancellationToken)).Trace.End;
        Assert.Equal((Outcome.Failed, "worker_crashed", 7), (next.Outcome, next.Reason, next.ExitCode));
    }

    [Fact]
    public async Task A_model_that_outgrows_the_limit_ends_its_run_and_the_same_agent_measures_on()
    {
        RequireControlGroups();
        var rows = await BenchAsync("--batch", "256", "--context", "8,2048,16");
        Assert.Equal([("completed", ""), ("out_of_memory", "out_of_memory"), ("completed", "")], rows.Select(row => (Text(row, "outcome"), Text(row, "reason"))));
        Assert.Matches("^The kernel killed the worker in phase '(warmup|measure)' because memory ran out", Text(rows[1], "message"));
        Assert.All(rows, row => Assert.Equal($"{WorkersLimit}", row.GetProperty("environment").TryGetProperty("memory_limit_bytes", out var limit) ? limit.GetString() : ""));
    }

    [Fact]
    public async Task The_frontier_lies_within_a_step_of_the_first_context_that_is_killed_and_is_found_again()
    {
        RequireControlGroups();
        var (longest, shortest) = await FrontierAsync();
        Assert.InRange(shortest - longest, 1, FrontierSearch.DefaultStep);
        Assert.Equal((longest, shortest), await FrontierAsync());
    }

    /// <summary>Measures with logits at every position, which take most of the memory.</summary>
    private static async Task<JsonElement[]> BenchAsync(params string[] arguments)
    {
        var cache = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        try
        {
            var run = await AgentRun.OfAsync(
            [
                "bench", "--output", "jsonl", "--cache", cache, "--model", Fixture.Checkpoint("llama"), "--logits", "all", "--decode", "2", "--threads", "2", "--no-memory", "--no-roofline", "--no-warm-load",
                "--warmup-iterations", "1", "--iterations", "1", "--sample-period", "0", "--memory-limit", $"{WorkersLimit}", .. arguments,
            ]);
            return run.Lines();
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    /// <summary>Searches with real workers under the limit.</summary>
    /// <returns>The longest context that completed, and the shortest that the kernel killed.</returns>
    private static async Task<(int Longest, int Shortest)> FrontierAsync()
    {
        var rows = await BenchAsync("--batch", "96", "--context", "512", "--frontier", "8192");
        int[] Contexts(string outcome) => [.. rows.Where(row => Text(row, "outcome") == outcome).Select(row => row.GetProperty("context").GetInt32())];
        return (Contexts("completed").Max(), Contexts("out_of_memory").Min());
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    private static void RequireControlGroups()
    {
        try
        {
            using var group = MemoryControlGroup.Create(Limit, SystemTree.Machine);
        }
        catch (IOException exception)
        {
            Assert.Skip(exception.Message);
        }
    }
}
