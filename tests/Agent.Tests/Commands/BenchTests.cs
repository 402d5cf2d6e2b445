using System.Text.Json;
using Xunit;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary><c>bench</c> as users run it: what it measures, and how it says that something could not be measured.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly AgentSandbox sandbox = new();

    [Fact]
    public async Task Bench_measures_each_point_and_writes_one_line_each()
    {
        var run = await sandbox.BenchAsync("--model", $"{Fixture.Checkpoint("mamba")},{Fixture.Checkpoint("llama")}", "--context", "8-32*2", "--decode", "4", "--repeats", "2", "--batch", "2");
        Assert.True(run.Status == 0, run.Error);
        var rows = run.Lines();
        Assert.Equal(
            [("mamba", 8), ("mamba", 16), ("mamba", 32), ("llama", 8), ("llama", 16), ("llama", 32)],
            rows.Select(row => (row.GetProperty("model").GetString(), row.GetProperty("context").GetInt32())));
        Assert.All(rows, row =>
        {
            Assert.Equal("completed", row.GetProperty("outcome").GetString());
            Assert.Equal("checkpoint", row.GetProperty("weights").GetString());
            Assert.True(row.GetProperty("ttft_milliseconds").GetProperty("median").GetDouble() > 0);
            Assert.True(row.GetProperty("tpot_milliseconds").GetProperty("median").GetDouble() > 0);
            Assert.True(row.GetProperty("memory").GetProperty("peak_bytes").GetDouble() > row.GetProperty("memory").GetProperty("weights_bytes").GetDouble());
            Assert.Equal(2, row.GetProperty("runs").GetArrayLength());

            // Fresh processes on the same prompt generate the same tokens.
            var hashes = row.GetProperty("runs").EnumerateArray().Select(one => one.GetProperty("token_hash").GetString());
            Assert.Single(hashes.Distinct());
        });

        // An SSM's state does not grow; two sequences of 4 layers' keys and values do.
        Assert.Single(rows.Where(row => row.GetProperty("model").GetString() == "mamba").Select(row => row.GetProperty("state_bytes").GetInt64()).Distinct());
        Assert.Equal(3, rows.Where(row => row.GetProperty("model").GetString() == "llama").Select(row => row.GetProperty("state_bytes").GetInt64()).Distinct().Count());
    }

    [Fact]
    public async Task Depth_generates_what_one_long_prompt_state_would_and_repeats_exactly()
    {
        var run = await sandbox.BenchAsync("--model", Fixture.Checkpoint("zamba2"), "--context", "4", "--depth", "20", "--decode", "6", "--chunk", "3", "--iterations", "4", "--profile");
        Assert.True(run.Status == 0, run.Error);
        var row = Assert.Single(run.Lines());
        Assert.DoesNotContain("tokens_differ", Findings(row));
        var shares = row.GetProperty("operators").EnumerateArray().ToLookup(share => share.GetProperty("phase").GetString(), share => share.GetProperty("share").GetDouble());
        Assert.Equal(1, shares["prefill"].Sum(), 1e-6);
        Assert.Equal(1, shares["decode"].Sum(), 1e-6);
        Assert.Equal(
            [("prefill", 2), ("decode", 5)], row.GetProperty("profiled_phases").EnumerateArray().Select(phase => (phase.GetProperty("phase").GetString(), phase.GetProperty("runs").GetInt32())));

        // What is measured of memory adds up to the peak.
        var memory = row.GetProperty("memory");
        double Bytes(string name) => memory.GetProperty(name).GetDouble();
        var states = memory.GetProperty("states").EnumerateArray().Sum(state => state.GetProperty("allocated_bytes").GetDouble());
        Assert.Equal(Bytes("peak_bytes"), Bytes("runtime_bytes") + Bytes("weights_held_bytes") + states + Bytes("activations_bytes"), 1.0);
        Assert.True(Bytes("runtime_bytes") > 0);
        var environment = row.GetProperty("environment");
        Assert.All((string[])["onnxruntime_build", "operator_library", "firmware", "kernel", "cpu_governor", "power_mode", "processors", "memory_limit_bytes"], name => Assert.NotEmpty(environment.GetProperty(name).GetString()!));
    }

    [Fact]
    public async Task An_invalidated_run_is_repeated_counts_in_no_statistic_and_stays_in_the_raw_data()
    {
        var run = await sandbox.BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "2", "--decode", "2", "--iterations", "1", "--invalidate", "too_short", "--retries", "1");
        Assert.True(run.Status == 0, run.Error);
        var row = Assert.Single(run.Lines());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("ttft_milliseconds").ValueKind);
        var runs = row.GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal(["too_short", "too_short"], runs.Select(one => one.GetProperty("invalidated_by").GetString()));
        Assert.Contains("run_repeated", runs[1].GetProperty("findings").EnumerateArray().Select(finding => finding.GetString()));
    }

    [Fact]
    public async Task A_run_says_how_the_sensors_were_read_and_how_noisy_the_machine_was()
    {
        var run = await sandbox.BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "8", "--iterations", "3");
        var one = Assert.Single(Assert.Single(run.Lines()).GetProperty("runs").EnumerateArray());
        var sampler = one.GetProperty("sampler");
        Assert.Equal(100, sampler.GetProperty("period_milliseconds").GetDouble());
        Assert.InRange(sampler.GetProperty("longest_milliseconds").GetDouble(), sampler.GetProperty("median_milliseconds").GetDouble(), 1e6);
        Assert.InRange(sampler.GetProperty("busy_ratio").GetDouble(), 1e-9, 1);
        Assert.NotEmpty(sampler.GetProperty("placement").GetString()!);
        var noise = one.GetProperty("noise");
        Assert.Equal(noise.GetProperty("before_nanoseconds").GetArrayLength(), noise.GetProperty("after_nanoseconds").GetArrayLength());
        Assert.True(noise.GetProperty("reference_variation").GetDouble() > 0);
        Assert.True(noise.GetProperty("span_variation").GetDouble() > 0);
    }

    [Fact]
    public async Task Times_are_held_against_the_machines_limits_unless_the_probe_is_left_out()
    {
        string[] bench = ["--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "4", "--iterations", "1", "--no-memory", "--no-warm-load"];
        var with = Assert.Single((await AgentRun.OfAsync(["bench", "--output", "jsonl", "--cache", sandbox.Cache, .. bench])).Lines());
        Assert.All((string[])["mbu", "mfu", "memory_bytes_per_second", "matrix_flop_per_second"], name => Assert.True(with.GetProperty(name).GetDouble() > 0, name));
        Assert.DoesNotContain("roofline_unavailable", Findings(with));

        var without = Assert.Single((await sandbox.BenchAsync(bench)).Lines());
        Assert.All((string[])["mbu", "mfu", "memory_bytes_per_second", "matrix_flop_per_second"], name => Assert.Equal(JsonValueKind.Null, without.GetProperty(name).ValueKind));
        Assert.Contains("roofline_unavailable", Findings(without));
    }

    [Fact]
    public async Task More_threads_than_processors_are_a_finding()
    {
        string[] bench = ["--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "2", "--iterations", "1", "--no-memory", "--no-warm-load"];
        var rows = (await sandbox.BenchAsync(["--threads", $"{Environment.ProcessorCount},{Environment.ProcessorCount + 1}", .. bench])).Lines();
        Assert.DoesNotContain("threads_exceed_processors", Findings(rows[0]));
        Assert.Contains("threads_exceed_processors", Findings(rows[1]));
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    [InlineData("tensorrt", "--allow-provider-fallback")]
    public async Task A_provider_that_the_runtime_lacks_ends_the_run_and_the_processor_does_not_step_in(string provider, params string[] more)
    {
        var run = await sandbox.BenchAsync(["--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "2", "--provider", provider, .. more]);
        Assert.Equal(1, run.Status);
        var row = Assert.Single(run.Lines());
        Assert.Equal(("failed", "provider_unavailable"), (row.GetProperty("outcome").GetString(), row.GetProperty("reason").GetString()));
        Assert.Contains("libonnxruntime_providers_", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_past_its_positions_is_skipped_and_the_rest_goes_on()
    {
        var run = await sandbox.BenchAsync("--model", Fixture.Checkpoint("gpt_neo"), "--context", "64k,8", "--decode", "2");
        var rows = run.Lines();
        Assert.Equal(["skipped", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Equal("context_exceeds_positions", rows[0].GetProperty("reason").GetString());
        Assert.Equal(0, run.Status);
    }

    [Fact]
    public async Task A_model_that_cannot_be_exported_fails_and_the_rest_goes_on()
    {
        var broken = Path.Combine(sandbox.Root, "broken");
        Directory.CreateDirectory(broken);
        File.Copy(Path.Combine(Fixture.Checkpoint("llama"), "config.json"), Path.Combine(broken, "config.json"));
        await File.WriteAllBytesAsync(Path.Combine(broken, "model.safetensors"), new byte[40], TestContext.Current.CancellationToken);
        var run = await sandbox.BenchAsync("--model", broken, "--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "2");
        Assert.Equal(1, run.Status);
        var rows = run.Lines();
        Assert.Equal(["failed", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Contains("model.safetensors", rows[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_tokens_than_a_run_can_hold_end_it_with_what_to_lower()
    {
        var row = Assert.Single((await sandbox.BenchAsync("--model", Fixture.Checkpoint("mamba"), "--context", "8", "--batch", "4096", "--decode", "1m")).Lines());
        Assert.Equal(("failed", "runtime_error"), (row.GetProperty("outcome").GetString(), row.GetProperty("reason").GetString()));
        Assert.Contains("--batch", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_models_of_one_name_are_refused_since_they_would_be_taken_for_repeats()
    {
        var run = await sandbox.BenchAsync("--model", $"{Fixture.Checkpoint("llama")},{Fixture.Checkpoint("mamba")}/../llama");
        Assert.Equal(2, run.Status);
        Assert.Contains("'llama'", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => sandbox.Dispose();

    private static IEnumerable<string?> Findings(JsonElement row) => row.GetProperty("findings").EnumerateArray().Select(finding => finding.GetString());
}
