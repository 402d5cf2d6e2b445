using System.Diagnostics;
using EdgeFleet.Agent.Artifacts;
using Xunit;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary><c>bench</c> that is interrupted, or loses what it needs.</summary>
public sealed class BenchEndTests : IDisposable
{
    private readonly AgentSandbox sandbox = new();

    [Fact]
    public async Task A_worker_that_is_killed_ends_its_run_and_not_the_bench()
    {
        var bench = AgentRun.OfAsync(
            "bench", "--no-roofline", "--output", "jsonl", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--context", "64,8", "--decode", "2", "--iterations", "1000", "--measure-time", "3");
        using (var worker = await sandbox.FindWorkerAsync()) worker.Kill();
        var run = await bench;
        Assert.Equal(1, run.Status);
        var rows = run.Lines();
        Assert.Equal(["failed", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Equal("worker_crashed", rows[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_worker_dies_with_its_agent()
    {
        using var agent = AgentSandbox.Start("bench", "--no-roofline", "--quiet", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--iterations", "1000", "--measure-time", "600");
        using var worker = await sandbox.FindWorkerAsync();
        agent.Kill();
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(worker.HasExited);
    }

    [Fact]
    public async Task An_artifact_stays_in_the_cache_as_long_as_its_bench_lives()
    {
        using var agent = AgentSandbox.Start("bench", "--no-roofline", "--quiet", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--iterations", "1000", "--measure-time", "600");
        using var worker = await sandbox.FindWorkerAsync();
        var artifact = Assert.Single(Directory.GetDirectories(Path.Combine(sandbox.Cache, "artifacts")));
        Assert.False(ArtifactLease.TryRemove(artifact));
        agent.Kill();
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken);
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(ArtifactLease.TryRemove(artifact));
        Assert.False(Directory.Exists(artifact));
    }

    [Fact]
    public async Task An_interrupted_bench_writes_what_it_measured()
    {
        var report = Path.Combine(sandbox.Root, "report.html");
        using var bench = AgentSandbox.Start("bench", "--no-roofline", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8,32k", "--decode", "2", "--iterations", "1", "--html", report);
        while (await bench.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && line != "[2/2] llama fp32 cpu context 32768")
        {
            // The first scenario is still being measured.
        }

        using (Process.Start("sh", ["-c", $"kill -INT {bench.Id}"])) await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        var output = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, bench.ExitCode);
        Assert.Contains(output.Split('\n'), line => line.StartsWith("llama", StringComparison.Ordinal) && line.Contains("checkpoint", StringComparison.Ordinal));
        Assert.Contains("ONNX Runtime 1.", output, StringComparison.Ordinal);
        Assert.True(File.Exists(report));
    }

    [Fact]
    public async Task A_bench_whose_reader_has_gone_ends()
    {
        using var bench = AgentSandbox.Start("bench", "--no-roofline", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8-64*2", "--decode", "2", "--iterations", "1", "--output", "jsonl", "--quiet");
        bench.StandardOutput.Close();
        var error = await bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, bench.ExitCode);
        Assert.Contains("has ended", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_place_for_temporary_files_each_run_says_so()
    {
        using var bench = Process.Start(new ProcessStartInfo(
            "env", ["TMPDIR=/nonexistent", AgentRun.Program, "bench", "--no-roofline", "--output", "jsonl", "--quiet", "--cache", sandbox.Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8,16", "--decode", "2"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        var rows = new AgentRun(bench.ExitCode, output, "").Lines();
        Assert.Equal(["worker_not_started", "worker_not_started"], rows.Select(row => row.GetProperty("reason").GetString()));
        Assert.All(rows, row => Assert.Contains("/nonexistent", row.GetProperty("message").GetString(), StringComparison.Ordinal));
    }

    public void Dispose() => sandbox.Dispose();
}
