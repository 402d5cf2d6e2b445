using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>The program as users run it, on the tiny checkpoints of tests/Fixtures.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    private string Cache => Path.Combine(directory, "cache");

    [Fact]
    public async Task Bench_measures_each_point_and_writes_one_line_each()
    {
        var run = await BenchAsync("--model", $"{Fixture.Checkpoint("mamba")},{Fixture.Checkpoint("llama")}", "--context", "8-32*2", "--decode", "4", "--repeats", "2", "--batch", "2");
        Assert.True(run.Status == 0, run.Error);
        var rows = Lines(run);
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
        var run = await BenchAsync("--model", Fixture.Checkpoint("zamba2"), "--context", "4", "--depth", "20", "--decode", "6", "--chunk", "3", "--iterations", "4", "--profile");
        Assert.True(run.Status == 0, run.Error);
        var row = Assert.Single(Lines(run));
        Assert.DoesNotContain("tokens_differ", row.GetProperty("findings").EnumerateArray().Select(finding => finding.GetString()));
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
        var run = await BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "2", "--decode", "2", "--iterations", "1", "--invalidate", "too_short", "--retries", "1");
        Assert.True(run.Status == 0, run.Error);
        var row = Assert.Single(Lines(run));
        Assert.Equal(JsonValueKind.Null, row.GetProperty("ttft_milliseconds").ValueKind);
        var runs = row.GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal(["too_short", "too_short"], runs.Select(one => one.GetProperty("invalidated_by").GetString()));
        Assert.Contains("run_repeated", runs[1].GetProperty("findings").EnumerateArray().Select(finding => finding.GetString()));
    }

    [Fact]
    public async Task A_run_says_how_the_sensors_were_read_and_how_noisy_the_machine_was()
    {
        var run = await BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "8", "--iterations", "3");
        var one = Assert.Single(Assert.Single(Lines(run)).GetProperty("runs").EnumerateArray());
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

    [Theory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    [InlineData("tensorrt", "--allow-provider-fallback")]
    public async Task A_provider_that_the_runtime_lacks_ends_the_run_and_the_processor_does_not_step_in(string provider, params string[] more)
    {
        var run = await BenchAsync(["--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "2", "--provider", provider, .. more]);
        Assert.Equal(1, run.Status);
        var row = Assert.Single(Lines(run));
        Assert.Equal(("failed", "provider_unavailable"), (row.GetProperty("outcome").GetString(), row.GetProperty("reason").GetString()));
        Assert.Contains("libonnxruntime_providers_", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_past_its_positions_is_skipped_and_the_rest_goes_on()
    {
        var run = await BenchAsync("--model", Fixture.Checkpoint("gpt_neo"), "--context", "64k,8", "--decode", "2");
        var rows = Lines(run);
        Assert.Equal(["skipped", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Equal("context_exceeds_positions", rows[0].GetProperty("reason").GetString());
        Assert.Equal(0, run.Status);
    }

    [Fact]
    public async Task A_model_that_cannot_be_exported_fails_and_the_rest_goes_on()
    {
        var broken = Path.Combine(directory, "broken");
        Directory.CreateDirectory(broken);
        File.Copy(Path.Combine(Fixture.Checkpoint("llama"), "config.json"), Path.Combine(broken, "config.json"));
        await File.WriteAllBytesAsync(Path.Combine(broken, "model.safetensors"), new byte[40], TestContext.Current.CancellationToken);
        var run = await BenchAsync("--model", broken, "--model", Fixture.Checkpoint("llama"), "--context", "8", "--decode", "2");
        Assert.Equal(1, run.Status);
        var rows = Lines(run);
        Assert.Equal(["failed", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Contains("model.safetensors", rows[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_killed_ends_its_run_and_not_the_bench()
    {
        var bench = AgentRun.OfAsync(
            "bench", "--output", "jsonl", "--cache", Cache, "--model", Fixture.Checkpoint("llama"), "--context", "64,8", "--decode", "2", "--iterations", "1000", "--measure-time", "3");
        using (var worker = await FindWorkerAsync()) worker.Kill();
        var run = await bench;
        Assert.Equal(1, run.Status);
        var rows = Lines(run);
        Assert.Equal(["failed", "completed"], rows.Select(row => row.GetProperty("outcome").GetString()));
        Assert.Equal("worker_crashed", rows[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_worker_dies_with_its_agent()
    {
        using var agent = Start("bench", "--quiet", "--cache", Cache, "--model", Fixture.Checkpoint("llama"), "--iterations", "1000", "--measure-time", "600");
        using var worker = await FindWorkerAsync();
        agent.Kill();
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(worker.HasExited);
    }

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
    public async Task Two_models_of_one_name_are_refused_since_they_would_be_taken_for_repeats()
    {
        var run = await BenchAsync("--model", $"{Fixture.Checkpoint("llama")},{Fixture.Checkpoint("mamba")}/../llama");
        Assert.Equal(2, run.Status);
        Assert.Contains("'llama'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_bench_writes_what_it_measured()
    {
        var report = Path.Combine(directory, "report.html");
        using var bench = Start("bench", "--cache", Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8,32k", "--decode", "2", "--iterations", "1", "--html", report);
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
        using var bench = Start("bench", "--cache", Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8-64*2", "--decode", "2", "--iterations", "1", "--output", "jsonl", "--quiet");
        bench.StandardOutput.Close();
        var error = await bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, bench.ExitCode);
        Assert.Contains("has ended", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_export_left_is_removed_and_a_cache_that_cannot_be_written_says_so()
    {
        string[] bench = ["--model", Fixture.Checkpoint("llama"), "--context", "4", "--decode", "2", "--iterations", "1"];
        Assert.Equal(0, (await BenchAsync(bench)).Status);
        var artifacts = Path.Combine(Cache, "artifacts");
        var kept = Assert.Single(Directory.GetDirectories(artifacts));
        Directory.Move(kept, Path.Combine(artifacts, $".{Path.GetFileName(kept)}.0123.tmp"));
        Assert.Equal(0, (await BenchAsync(bench)).Status);
        Assert.Equal(kept, Assert.Single(Directory.GetDirectories(artifacts)));

        var run = await AgentRun.OfAsync(["bench", "--output", "jsonl", "--quiet", "--cache", "/proc/none", .. bench]);
        Assert.Equal(1, run.Status);
        var row = Assert.Single(Lines(run));
        Assert.Equal("artifact_unavailable", row.GetProperty("reason").GetString());
        Assert.Contains("--cache", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_tokens_than_a_run_can_hold_end_it_with_what_to_lower()
    {
        var row = Assert.Single(Lines(await BenchAsync("--model", Fixture.Checkpoint("mamba"), "--context", "8", "--batch", "4096", "--decode", "1m")));
        Assert.Equal(("failed", "runtime_error"), (row.GetProperty("outcome").GetString(), row.GetProperty("reason").GetString()));
        Assert.Contains("--batch", row.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mamba2")]
    [InlineData("falcon_h1")]
    public async Task Verify_agrees_with_the_reference_in_the_promised_keys(string name)
    {
        var run = await VerifyAsync(name, "--prefill", "33", "--chunk", "7");
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
        var run = await VerifyAsync("llama", "--tolerance", "1e-9");
        Assert.Equal(1, run.Status);
        Assert.Contains("is allowed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_reports_int4()
    {
        var run = await VerifyAsync("llama", "--precision", "int4");
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
    public async Task Verify_refuses_bad_input_with_status_2(params string[] arguments)
    {
        var run = await VerifyAsync("llama", arguments);
        Assert.Equal(2, run.Status);
        Assert.Contains("error: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_refuses_a_reference_that_is_none()
    {
        var run = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--reference", Path.Combine(Fixture.Checkpoint("llama"), "config.json"), "--cache", Cache);
        Assert.Equal(2, run.Status);
        Assert.Contains("config.json", run.Error, StringComparison.Ordinal);
        run = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--reference", "/nonexistent.safetensors", "--cache", Cache);
        Assert.Equal(2, run.Status);
    }

    [Fact]
    public async Task Verify_compares_two_precisions_of_a_model()
    {
        string[] common = ["verify", Fixture.Checkpoint("llama"), "--against", "fp32", "--tokens", "40", "--prefill", "30", "--chunk", "7", "--cache", Cache];
        var same = await AgentRun.OfAsync([.. common, "--output", "json"]);
        Assert.True(same.Status == 0, same.Error);
        var result = Lines(same).Single();
        Assert.Equal(40, result.GetProperty("positions").GetInt64());
        Assert.InRange(result.GetProperty("max_error_over_std").GetDouble(), 0, 1e-4);

        var quantised = await AgentRun.OfAsync([.. common, "--precision", "int4"]);
        Assert.True(quantised.Status == 0, quantised.Error);
        Assert.Contains("mean KL", quantised.Output, StringComparison.Ordinal);

        // The coarser of the two sets the tolerance, whichever is named first.
        var turned = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--against", "int4", "--tokens", "40", "--cache", Cache);
        Assert.True(turned.Status == 0, turned.Error);

        var neither = await AgentRun.OfAsync("verify", Fixture.Checkpoint("llama"), "--cache", Cache);
        Assert.Equal(2, neither.Status);
        Assert.Contains("--reference", neither.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exported_artifact_can_be_inspected_and_measured()
    {
        var artifact = Path.Combine(directory, "artifact");
        var export = await AgentRun.OfAsync("export", Fixture.Checkpoint("falcon_h1"), "--output", artifact, "--cache", Cache);
        Assert.True(export.Status == 0, export.Error);
        var inspect = await AgentRun.OfAsync("inspect", artifact, "--output", "json");
        Assert.True(inspect.Status == 0, inspect.Error);
        using var inspection = JsonDocument.Parse(inspect.Output);
        Assert.Equal("hybrid", inspection.RootElement.GetProperty("family").GetString());
        Assert.True(inspection.RootElement.GetProperty("kv_bytes_per_token").GetInt64() > 0);
        Assert.True(inspection.RootElement.GetProperty("recurrent_bytes_per_sequence").GetInt64() > 0);
        var run = await BenchAsync("--model", artifact, "--context", "8", "--decode", "2");
        Assert.True(run.Status == 0, run.Error);

        // A changed weight is found before it is measured.
        await using (var data = new FileStream(Path.Combine(artifact, "model.onnx.data"), FileMode.Open)) data.WriteByte(0x5A);
        run = await BenchAsync("--model", artifact, "--context", "8", "--decode", "2");
        Assert.Equal(1, run.Status);
        Assert.Contains("SHA-256", Assert.Single(Lines(run)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_kept_and_used_again()
    {
        Assert.Equal(0, (await BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "4", "--decode", "2")).Status);
        var kept = Assert.Single(Directory.GetDirectories(Path.Combine(Cache, "artifacts")));
        var written = File.GetLastWriteTimeUtc(Path.Combine(kept, "model.onnx.data"));
        Assert.Equal(0, (await BenchAsync("--model", Fixture.Checkpoint("llama"), "--context", "4", "--decode", "2")).Status);
        Assert.Equal(kept, Assert.Single(Directory.GetDirectories(Path.Combine(Cache, "artifacts"))));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(kept, "model.onnx.data")));
    }

    [Fact]
    public async Task Generate_streams_text_from_a_checkpoint_with_its_tokenizer()
    {
        var checkpoint = Path.Combine(directory, "checkpoint");
        Directory.CreateDirectory(checkpoint);
        foreach (var file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(Fixture.Checkpoint("llama"), file), Path.Combine(checkpoint, file));
        var without = await AgentRun.OfAsync("generate", "--model", checkpoint, "--prompt", "he", "--cache", Cache);
        Assert.Equal(2, without.Status);
        Assert.Contains("tokenizer.json", without.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(checkpoint, "tokenizer.json"), TokenizerTests.Json(), TestContext.Current.CancellationToken);
        var run = await AgentRun.OfAsync("generate", "--model", checkpoint, "--prompt", "he", "--max-tokens", "5", "--cache", Cache);
        Assert.True(run.Status == 0, run.Error);
        Assert.Contains("generated", run.Error, StringComparison.Ordinal);

        var other = await AgentRun.OfAsync(
            "generate", "--model", checkpoint, "--tokenizer", Path.Combine(Fixture.Root, "tokenizers", "gpt2"), "--prompt", "memory throughput", "--cache", Cache);
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
        var run = await AgentRun.OfAsync("doctor", "--cache", Cache);
        Assert.True(run.Status == 0, run.Output);
        Assert.Contains("ONNX Runtime", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", run.Output, StringComparison.Ordinal);
        run = await AgentRun.OfAsync("doctor", "--cache", "/proc/none");
        Assert.Equal(1, run.Status);
        Assert.Contains("--cache", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await AgentRun.OfAsync("doctor", "--sysfs-root", "/nonexistent")).Status);
        run = await AgentRun.OfAsync("doctor", "--runtime-pack", directory);
        Assert.Equal(1, run.Status);
        Assert.Contains("FAIL", run.Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Task<AgentRun> BenchAsync(params string[] arguments) =>
        AgentRun.OfAsync(["bench", "--output", "jsonl", "--cache", Cache, "--warmup-time", "0.5", "--measure-time", "0.5", .. arguments]);

    private Task<AgentRun> VerifyAsync(string name, params string[] arguments) => AgentRun.OfAsync(
        ["verify", Fixture.Checkpoint(name), "--reference", Path.Combine(Fixture.Checkpoint(name), "reference.safetensors"), "--output", "json", "--cache", Cache, .. arguments]);

    private static JsonElement[] Lines(AgentRun run) =>
        [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Finds the worker of the bench that uses this test's cache, by its parent's command line.</summary>
    [Fact]
    public async Task Without_a_place_for_temporary_files_each_run_says_so()
    {
        using var bench = Process.Start(new ProcessStartInfo(
            "env", ["TMPDIR=/nonexistent", AgentRun.Program, "bench", "--output", "jsonl", "--quiet", "--cache", Cache, "--model", Fixture.Checkpoint("llama"), "--context", "8,16", "--decode", "2"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        var rows = Lines(new AgentRun(bench.ExitCode, output, ""));
        Assert.Equal(["worker_not_started", "worker_not_started"], rows.Select(row => row.GetProperty("reason").GetString()));
        Assert.All(rows, row => Assert.Contains("/nonexistent", row.GetProperty("message").GetString(), StringComparison.Ordinal));
    }

    // What a shell starts in the background ignores SIGINT, and so would the program: tests that run there would wait for a whole bench.
    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", AgentRun.Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private async Task<Process> FindWorkerAsync()
    {
        while (true)
        {
            foreach (var candidate in Process.GetProcessesByName("edgefleet-agent"))
            {
                if (CommandLine(candidate.Id) is ["worker", ..] arguments
                    && CommandLine(int.Parse(arguments[^1], CultureInfo.InvariantCulture)).Contains(Cache))
                {
                    return candidate;
                }

                candidate.Dispose();
            }

            await Task.Delay(20);
        }
    }

    private static string[] CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries)[1..];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return []; // It has ended.
        }
    }
}
