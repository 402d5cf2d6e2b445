using System.Text.Json;
using EdgeFleet.Agent.Tokenization;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>Tokenizers that Hugging Face's tokenizers and SentencePiece trained, against the ids and texts that they themselves give.</summary>
public sealed class TokenizerFixtureTests
{
    private static readonly string Root = Path.Combine(Fixture.Root, "tokenizers");

    public static TheoryData<string> Names => ["gpt2", "neox", "llama3", "qwen2", "sentencepiece-llama"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_and_text_are_the_reference_implementations(string name)
    {
        var tokenizer = TokenizerFile.Open(Path.Combine(Root, name));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, name, "expected.json")));
        var wrong = new List<string>();
        foreach (var sample in expected.RootElement.EnumerateArray())
        {
            var text = sample.GetProperty("text").GetString()!;
            int[] ids = [.. sample.GetProperty("ids").EnumerateArray().Select(static id => id.GetInt32())];
            var actual = tokenizer.Encode(text);
            if (!ids.SequenceEqual(actual)) wrong.Add($"'{text}': {string.Join(' ', actual)} instead of {string.Join(' ', ids)}");
            else if (tokenizer.Decode(ids) != sample.GetProperty("decoded").GetString()) wrong.Add($"'{text}' decoded '{tokenizer.Decode(ids)}'");
        }

        Assert.Equal([], wrong);
    }

    [Theory]
    [InlineData("falcon", "Punctuation")]
    [InlineData("gpt2-prefix", "add_prefix_space")]
    [InlineData("sentencepiece-unigram", "not Bpe")]
    public void Kinds_that_are_not_supported_are_refused_by_name(string name, string reason) =>
        Assert.Contains(reason, Assert.Throws<TokenizerException>(() => TokenizerFile.Open(Path.Combine(Root, name))).Message, StringComparison.Ordinal);
}
