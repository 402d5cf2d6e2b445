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
