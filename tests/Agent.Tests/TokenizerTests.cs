using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.Tokenization;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class TokenizerTests : IDisposable
{
    private const string ByteLevelStep = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}""";
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    [Theory]
    [InlineData("hello world")]
    [InlineData("  two  spaces\n\ttabs")]
    [InlineData("größer, 日本語, 🙂!")]
    [InlineData("it's 42")]
    public void Byte_level_BPE_gives_back_every_text(string text)
    {
        var tokenizer = Open(Json());
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Merges_are_applied_in_their_order()
    {
        // "hello" = h e l l o: merges he, ll, hell.
        var tokenizer = Open(Json());
        Assert.Equal(["hell", "o", "Ġ", "he"], tokenizer.Encode("hello he").Select(id => Vocabulary.Single(entry => entry.Value == id).Key));
    }

    [Fact]
    public void Merges_may_be_pairs_and_a_split_pattern_may_come_first()
    {
        var split = """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}|[^\\p{N}]+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","use_regex":false}]}""";
        var tokenizer = Open(Json(preTokenizer: split, pairs: true));
        Assert.Equal(["hell", "1", "1"], tokenizer.Encode("hell11").Select(id => Vocabulary.Single(entry => entry.Value == id).Key));
    }

    [Fact]
    public void A_template_puts_its_special_token_first()
    {
        var template = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[300],"tokens":["<s>"]}}}""";
        Assert.Equal(300, Open(Json(postProcessor: template)).Encode("he")[0]);
    }

    [Fact]
    public void Special_tokens_in_a_text_are_one_token() => Assert.Contains(300, Open(Json()).Encode("he<s>he"));

    [Fact]
    public void A_text_that_the_tokenizer_would_compose_is_refused_and_a_composed_one_is_not()
    {
        var composing = Open(Json(normalizer: """{"type":"NFC"}"""));
        Assert.Equal(Open(Json()).Encode("\u00e9"), composing.Encode("\u00e9"));
        Assert.Contains("U+0301", Assert.Throws<TokenizerException>(() => composing.Encode("e\u0301")).Message, StringComparison.Ordinal);
        Assert.Equal(3, Open(Json()).Encode("e\u0301").Length);
    }

    [Fact]
    public void A_character_is_streamed_when_its_last_byte_has_come()
    {
        var tokenizer = Open(Json());
        var streamed = new StreamedText(tokenizer);
        var pieces = tokenizer.Encode("a🙂b").Select(streamed.Add).ToArray();
        Assert.Equal(["a", "", "", "", "🙂", "b"], pieces);
        Assert.Equal("", streamed.Rest());
    }

    [Fact]
    public void What_stays_incomplete_comes_at_the_end()
    {
        var tokenizer = Open(Json());
        var streamed = new StreamedText(tokenizer);
        foreach (var id in tokenizer.Encode("🙂").Take(2)) Assert.Equal("", streamed.Add(id));
        Assert.NotEqual("", streamed.Rest());
    }

    [Theory]
    [InlineData("""{"model":{"type":"Unigram","vocab":[]}}""", "of kind Unigram")]
    [InlineData("""{"model":{"type":"WordPiece"}}""", "of kind WordPiece")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[],"byte_fallback":true},"pre_tokenizer":null}""", "byte fallback")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Whitespace"}}""", "not byte-level")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"},"normalizer":{"type":"Lowercase"}}""", "kind Lowercase")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]}}""", "kind Digits")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true}}""", "add_prefix_space")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[],"end_of_word_suffix":"</w>"},"pre_tokenizer":{"type":"ByteLevel"}}""", "end_of_word_suffix")]
    [InlineData("[]", "no model")]
    [InlineData("{", "not JSON")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":"b"},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"}}""", "tokenizer.json")]
    [InlineData("""{"model":{"type":"BPE","vocab":7,"merges":[[1]]},"pre_tokenizer":{"type":"ByteLevel"}}""", "tokenizer.json")]
    public void Other_kinds_and_broken_files_are_refused_by_name(string json, string reason)
    {
        var error = Assert.Throws<TokenizerException>(() => Open(json));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_without_a_tokenizer_is_told()
    {
        var error = Assert.Throws<TokenizerException>(() => TokenizerFile.Open(directory));
        Assert.Contains("neither tokenizer.json nor tokenizer.model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_SentencePiece_model_is_refused()
    {
        File.WriteAllBytes(Path.Combine(directory, "tokenizer.model"), [1, 2, 3, 4, 255, 255]);
        Assert.Throws<TokenizerException>(() => TokenizerFile.Open(directory));
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    /// <summary>All bytes as GPT-2 spells them, and three merges.</summary>
    internal static IReadOnlyDictionary<string, int> Vocabulary { get; } = MakeVocabulary();

    internal static string Json(string preTokenizer = ByteLevelStep, string normalizer = "null", string postProcessor = "null", bool pairs = false)
    {
        var vocabulary = string.Join(',', Vocabulary.Select(entry => $"{JsonSerializer.Serialize(entry.Key)}:{entry.Value}"));
        var merges = pairs ? """[["h","e"],["l","l"],["he","ll"]]""" : """["h e","l l","he ll"]""";
        return $$$"""
            {"version":"1.0","added_tokens":[{"id":300,"content":"<s>","special":true}],"normalizer":{{{normalizer}}},"pre_tokenizer":{{{preTokenizer}}},
            "post_processor":{{{postProcessor}}},"model":{"type":"BPE","vocab": { {{{vocabulary}}} },"merges":{{{merges}}} } }
            """;
    }

    private static Dictionary<string, int> MakeVocabulary()
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var shifted = 0;
        for (var value = 0; value < 256; value++)
        {
            // Printable Latin-1 stands for itself, the rest is moved behind it (GPT-2's bytes_to_unicode).
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            vocabulary[new Rune(printable ? value : 256 + shifted++).ToString()] = value;
        }

        foreach (var merged in (string[])["he", "ll", "hell"]) vocabulary[merged] = vocabulary.Count;
        return vocabulary;
    }

    private TextTokenizer Open(string json)
    {
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), json);
        return TokenizerFile.Open(directory);
    }
}
