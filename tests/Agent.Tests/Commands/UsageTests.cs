using Xunit;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary>Commands that measure nothing, and wrong usage of all.</summary>
public sealed class UsageTests : IDisposable
{
    private const string Join = "edgefleet://token@collector.example:7443#0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly AgentSandbox sandbox = new();

    [Theory]
    [InlineData("bench", "--model")]
    [InlineData("bench", "--model", "no-such-model-anywhere")]
    [InlineData("bench", "--model", "mamba-130m", "--context", "8-4")]
    [InlineData("bench", "--model", "mamba-130m", "--context", "1-1000", "--depth", "1-1000", "--decode", "1-1000")]
    [InlineData("bench", "--model", "mamba-130m", "--precision", "fp3")]
    [InlineData("bench", "--model", "mamba-130m", "--provider", "npu")]
    [InlineData("bench", "--model", "mamba-130m", "--repeats", "0")]
    [InlineData("bench", "--model", "mamba-130m", "--invalidate", "machine_noissy")]
    [InlineData("bench", "--model", "mamba-130m", "--threads", "-1")]
    [InlineData("bench", "--model", "mamba-130m", "--repeats", "many")]
    [InlineData("bench", "--model", "mamba-130m", "--output", "7")]
    [InlineData("bench", "--model", "mamba-130m", "--html", "/nonexistent/report.html")]
    [InlineData("bench", "--model", "mamba-130m", "--context", "512", "--frontier", "100")]
    [InlineData("bench", "--model", "mamba-130m", "--memory-limit", "1M")]
    [InlineData("generate", "--model", "mamba-130m", "--prompt", "hello")]
    [InlineData("run", "--join", "@/nonexistent/join-string")]
    [InlineData("run", "--join", "https://collector.example:7443")]
    [InlineData("run", "--join", Join, "--sample-period", "0.0001")]
    [InlineData("run", "--join", Join, "--label", "site=New York")]
    [InlineData("run", "--join", Join, "--label", "id=7")]
    [InlineData("bench", "--model", "mamba-130m", "--context", "8", "--sample-period", "-1")]
    [InlineData("verify", "mamba-130m", "--against", "int4", "--threads", "-1")]
    [InlineData("export", "mamba-130m", "--output", "")]
    [InlineData("bench", "--model", "mamba-130m", "--runtime-pack", "")]
    [InlineData("nonsense")]
    public async Task Wrong_usage_has_status_2_and_a_reason(params string[] arguments)
    {
        var run = await AgentRun.OfAsync(arguments);
        Assert.Equal(2, run.Status);
        Assert.Contains("error: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Generate_streams_text_from_a_checkpoint_with_its_tokenizer()
    {
        var checkpoint = Path.Combine(sandbox.Root, "checkpoint");
        Directory.CreateDirectory(checkpoint);
        foreach (var file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(Fixture.Checkpoint("llama"), file), Path.Combine(checkpoint, file));
        var without = await AgentRun.OfAsync("generate", "--model", checkpoint, "--prompt", "he", "--cache", sandbox.Cache);
        Assert.Equal(2, without.Status);
        Assert.Contains("tokenizer.json", without.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(checkpoint, "tokenizer.json"), TokenizerTests.Json(), TestContext.Current.CancellationToken);
        var run = await AgentRun.OfAsync("generate", "--model", checkpoint, "--prompt", "he", "--max-tokens", "5", "--cache", sandbox.Cache);
        Assert.True(run.Status == 0, run.Error);
        Assert.Contains("generated", run.Error, StringComparison.Ordinal);

        var other = await AgentRun.OfAsync(
            "generate", "--model", checkpoint, "--tokenizer", Path.Combine(Fixture.Root, "tokenizers", "gpt2"), "--prompt", "memory throughput", "--cache", sandbox.Cache);
        Assert.Equal(2, other.Status);
        Assert.Contains("another model's tokenizer", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_lists_the_catalogue_and_inspect_knows_its_entries()
    {
        var models = await AgentRun.OfAsync("models");
        Assert.Equal(0, models.Status);
        Assert.Contains("mamba-130m", models.Output, StringComparison.Ordinal);
        var inspect = await AgentRun.OfAsync("inspect", "mamba-130m");
        Assert.Equal(0, inspect.Status);
        Assert.Contains("129135360", inspect.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_finds_the_libraries()
    {
        var run = await AgentRun.OfAsync("doctor", "--cache", sandbox.Cache);
        Assert.True(run.Status == 0, run.Output);
        Assert.Contains("ONNX Runtime", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", run.Output, StringComparison.Ordinal);
        run = await AgentRun.OfAsync("doctor", "--cache", "/proc/none");
        Assert.Equal(1, run.Status);
        Assert.Contains("--cache", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await AgentRun.OfAsync("doctor", "--sysfs-root", "/nonexistent")).Status);
        run = await AgentRun.OfAsync("doctor", "--runtime-pack", sandbox.Root);
        Assert.Equal(1, run.Status);
        Assert.Contains("FAIL", run.Output, StringComparison.Ordinal);
    }

    public void Dispose() => sandbox.Dispose();
}
