using CsCheck;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Sweeps;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class SweepDocumentTests
{
    private const string Good = "models: [a, 'b c']\ncontext: 1k-4k*2\nretry: {max_attempts: 2, reasons: [worker_lost]}\ntimeout: 3min\n";

    [Theory]
    [InlineData("models: [qwen\ncontext: 1k\n")]
    [InlineData("models: {a: 'b\n")]
    [InlineData("models: \"\\xZZ\"")]
    public void A_text_that_is_no_YAML_is_refused(string text) => Assert.StartsWith("document: ", Assert.Throws<RequestException>(() => SweepDocument.Parse(text)).Message, StringComparison.Ordinal);

    // In a message they stand for the default.
    [Theory]
    [InlineData("repeats: 0", "repeats: line 3: must be at least 1")]
    [InlineData("retry: {max_attempts: 0}", "retry.max_attempts: line 3: must be at least 1")]
    [InlineData("timeout: 0s", "timeout: line 3: must be longer than 0")]
    [InlineData("reuse: {max_age: 0s}", "reuse.max_age: line 3: must be longer than 0")]
    public void A_zero_that_means_nothing_is_refused(string line, string error) =>
        Assert.Equal(error, Assert.Throws<RequestException>(() => SweepDocument.Parse("models: [a]\ncontext: 1k\n" + line)).Message);

    [Fact]
    public void A_rule_for_invalid_runs_is_read()
    {
        var engine = SweepDocument.Parse(Good + "engine: {invalidate: [machine_noisy, throttled], invalid_repeats: 3, warm_load: false}\n").Engine;
        Assert.Equal(["machine_noisy", "throttled"], engine.InvalidatingFindings);
        Assert.Equal((3u, false, true), (engine.InvalidRepeats, engine.WarmLoad, engine.MemoryPass));
    }

    [Theory]
    [InlineData("invalidate: machine_noissy", "engine.invalidate: 'machine_noissy' is no finding; docs/measurement.md lists them")]
    [InlineData("invalid_repeats: 11", "engine.invalid_repeats: 11 is more than 10")]
    public void A_rule_that_could_never_hold_is_refused(string rule, string error)
    {
        var definition = SweepDocument.Parse(Good + $"engine: {{{rule}}}\n");
        Assert.Equal(error, Assert.Throws<RequestException>(() => SweepRules.Complete(definition)).Message);
    }

    [Fact]
    public void Whatever_is_changed_in_a_definition_it_is_read_or_refused()
    {
        var edit = Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Int[0, 3], Gen.OneOf("[", "]", "{", "}", ":", "\n", "'", "\"", "-", "&a", "*a", "|", "%", "\t", "é", "!!x "));
        edit.Array[1, 4].Sample(
            edits =>
            {
                var text = Good;
                foreach (var (at, removed, inserted) in edits)
                {
                    var start = Math.Min(at, text.Length);
                    text = text[..start] + inserted + text[Math.Min(start + removed, text.Length)..];
                }

                try
                {
                    SweepDocument.Parse(text);
                }
                catch (RequestException)
                {
                    // Refused in words.
                }
            },
            iter: 20_000);
    }
}
