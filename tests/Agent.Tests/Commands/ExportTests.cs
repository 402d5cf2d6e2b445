using System.Text.Json;
using Xunit;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary>Artifacts that commands make, keep and use again.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly AgentSandbox sandbox = new();

    [Fact]
    public async Task What_a_killed_export_left_is_removed_and_a_cache_that_cannot_be_written_says_so()
    {
        string[] bench = ["--model", Fixture.Checkpoint("llama"), "--context", "4", "--decode", "2", "--iterations", "1", "--no-memory", "--no-warm-load"];
        Assert.Equal(0, (await sandbox.BenchAsync(bench)).Status);
        var artifacts = Path.Combine(sandbox.Cache, "artifacts");
        var kept = Assert.Single(Directory.GetDirectories(artifacts));
        Directory.Move(kept, Path.Combine(artifacts, $".{Path.GetFileName(kept)}.0123.tmp"));
        Assert.Equal(0, (await sandbox.BenchAsync(bench)).Status);
        Assert.Equal(kept, Assert.Single(Directory.GetDirectories(artifacts)));

        var run = await AgentRun.OfAsync(["bench", "--output", "jsonl", "--quiet", "--cache", "/proc/none", .. bench]);
        Assert.Equal(1, run.Status);
        var row = Assert.Single(run.Lines());
        Assert.Equal("artifact_unavailable", row.GetProperty("reason").GetString());
        Assert.Contains("--cache", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exported_artifact_can_be_inspected_and_measured()
    {
        var artifact = Path.Combine(sandbox.Root, "artifact");
        var export = await AgentRun.OfAsync("export", Fixture.Checkpoint("falcon_h1"), "--output", artifact, "--cache", sandbox.Cache);
        Assert.True(export.Status == 0, export.Error);
        var inspect = await AgentRun.OfAsync("inspect", artifact, "--output", "json");
        Assert.True(inspect.Status == 0, inspect.Error);
        using var inspection = JsonDocument.Parse(inspect.Output);
        Assert.Equal("hybrid", inspection.RootElement.GetProperty("family").GetString());
        Assert.True(inspection.RootElement.GetProperty("kv_bytes_per_token").GetInt64() > 0);
        Assert.True(inspection.RootElement.GetProperty("recurrent_bytes_per_sequence").GetInt64() > 0);
        var run = await sandbox.BenchAsync("--model", artifact, "--context", "8", "--decode", "2");
        Assert.True(run.Status == 0, run.Error);

        // A changed weight is found before it is measured.
        await using (var data = new FileStream(Path.Combine(artifact, "model.onnx.data"), FileMode.Open)) data.WriteByte(0x5A);
        run = await sandbox.BenchAsync("--model", artifact, "--context", "8", "--decode", "2");
        Assert.Equal(1, run.Status);
        Assert.Contains("SHA-256", Assert.Single(run.Lines()).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_kept_and_used_again()
    {
        string[] bench = ["--model", Fixture.Checkpoint("llama"), "--context", "4", "--decode", "2", "--iterations", "1", "--no-memory", "--no-warm-load"];
        Assert.Equal(0, (await sandbox.BenchAsync(bench)).Status);
        var kept = Assert.Single(Directory.GetDirectories(Path.Combine(sandbox.Cache, "artifacts")));
        var written = File.GetLastWriteTimeUtc(Path.Combine(kept, "model.onnx.data"));
        Assert.Equal(0, (await sandbox.BenchAsync(bench)).Status);
        Assert.Equal(kept, Assert.Single(Directory.GetDirectories(Path.Combine(sandbox.Cache, "artifacts"))));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(kept, "model.onnx.data")));
    }

    public void Dispose() => sandbox.Dispose();
}
