using System.Text.Json;
using Xunit;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary><c>verify</c> as users run it.</summary>
public sealed class VerifyTests : IDisposable
{
    private readonly AgentSandbox sandbox = new();

    [Theory]
    [InlineData("llama")]
    [InlineData("mamba2")]
    [InlineData("falcon_h1")]
    public async Task Verify_agrees_with_the_reference_in_the_promised_keys(string name)
    {
        var run = await sandbox.VerifyAsync(name, "--prefill", "33", "--chunk", "7");
        Assert.True(run.Status == 0, run.Error);
        using var result = JsonDocument.Parse(run.Output);
        Assert.Equal(
            ["max_abs_error", "logit_std", "max_error_over_std", "top1_agreement", "positions"],
            result.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(192, result.RootElement.GetProperty("positions").GetInt32());
        Assert.Equal(1, result.RootElement.GetProperty("top1_agreement").GetDouble());
    }

    [Fact]
    public async Task Verify_fails_past_its_tolerance()
    {
        var run = await sandbox.VerifyAsync("llama", "--tolerance", "1e-9");
        Assert.Equal(1, run.Status);
        Assert.Contains("is allowed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_reports_int4()
    {
        var run = await sandbox.VerifyAsync("llama", "--precision", "int4");
        Assert.True(run.Status == 0, run.Error);
        using var result = JsonDocument.Parse(run.Output);
        Assert.InRange(result.RootElement.GetProperty("max_error_over_std").GetDouble(), 1e-4, 3);
    }

    [Theory]
    [InlineData("--prefill", "1000")]
    [InlineData("--prefill", "-1")]
    [InlineData("--chunk", "-1")]
    [InlineData("--tolerance", "0")]
    [InlineData("--precision", "fp16")]
    [InlineData("--precision", "bf16")]
    public async Task Verify_refuses_bad_input_with_status_2(params string[] arguments)
    {
        var run = await sandbox.VerifyAsync("llama", arguments);
        Assert.Equal(2, run.Status);
        Assert.Contains("error: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_refuses_a_reference_that_is_none()
    {
        var run = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--reference", Path.Combine(Fixture.Checkpoint("llama"), "config.json"), "--cache", sandbox.Cache);
        Assert.Equal(2, run.Status);
        Assert.Contains("config.json", run.Error, StringComparison.Ordinal);
        run = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--reference", "/nonexistent.safetensors", "--cache", sandbox.Cache);
        Assert.Equal(2, run.Status);
    }

    [Fact]
    public async Task Verify_compares_two_precisions_of_a_model()
    {
        string[] common = ["verify", Fixture.Checkpoint("llama"), "--against", "fp32", "--tokens", "40", "--prefill", "30", "--chunk", "7", "--cache", sandbox.Cache];
        var same = await AgentRun.OfAsync([.. common, "--output", "json"]);
        Assert.True(same.Status == 0, same.Error);
        var result = same.Lines().Single();
        Assert.Equal(40, result.GetProperty("positions").GetInt64());
        Assert.InRange(result.GetProperty("max_error_over_std").GetDouble(), 0, 1e-4);

        var quantised = await AgentRun.OfAsync([.. common, "--precision", "int4"]);
        Assert.True(quantised.Status == 0, quantised.Error);
        Assert.Contains("mean KL", quantised.Output, StringComparison.Ordinal);

        // The coarser of the two sets the tolerance, whichever is named first.
        var turned = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--against", "int4", "--tokens", "40", "--cache", sandbox.Cache);
        Assert.True(turned.Status == 0, turned.Error);

        var neither = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--cache", sandbox.Cache);
        Assert.Equal(2, neither.Status);
        Assert.Contains("--reference", neither.Error, StringComparison.Ordinal);
    }

    public void Dispose() => sandbox.Dispose();
}
