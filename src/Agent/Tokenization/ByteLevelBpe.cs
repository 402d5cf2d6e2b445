using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace EdgeFleet.Agent.Tokenization;

/// <summary>Byte-level BPE (GPT-2) as Hugging Face tokenizers write it to tokenizer.json.</summary>
internal static partial class ByteLevelBpe
{
    private static readonly ImmutableArray<string> Affixes = ["continuing_subword_prefix", "end_of_word_suffix"];
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Why a file is not byte-level BPE; null if it is.</summary>
    public static string? Refusal(JsonElement root)
    {
        var type = Text(root, "model", "type");
        if (type is not null and not "BPE") return $"the tokenizer is of kind {type}";
        if (Object(root, "model") is not { } model || !model.TryGetProperty("merges", out _)) return "the file has no model with merges";
        if (Affixes.FirstOrDefault(key => Text(model, key) is { Length: > 0 }) is { } affix) return $"its model marks parts of words ({affix})";
        if (!Steps(root, "pre_tokenizer", "pretokenizers").Any(step => Text(step, "type") == "ByteLevel"))
        {
            return IsSet(model, "byte_fallback")
                ? "the tokenizer is BPE with byte fallback (SentencePiece), not byte-level"
                : "the tokenizer is BPE, but not byte-level";
        }

        foreach (var step in Steps(root, "pre_tokenizer", "pretokenizers"))
        {
            if (Text(step, "type") is not ("ByteLevel" or "Split")) return $"its pre-tokenizer has a step of kind {Text(step, "type")}";
            if (IsSet(step, "add_prefix_space")) return "its pre-tokenizer puts a space before each text (add_prefix_space)";
        }

        return Steps(root, "normalizer", "normalizers").Select(step => Text(step, "type")).FirstOrDefault(kind => kind is not "NFC") is { } normalizer
            ? $"its normalizer is of kind {normalizer}"
            : null;
    }

    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="TokenizerException">The file is not as the format wants it.</exception>
    public static TextTokenizer Read(JsonElement root, string path)
    {
        try
        {
            var model = Object(root, "model")!.Value;
            var special = Special(root);
            var options = new BpeOptions(Vocabulary(model))
            {
                Merges = [.. Merges(model)],
                SpecialTokens = special,
                PreTokenizer = new RegexPreTokenizer(Pattern(root), special),
                ByteLevel = true,
            };
            return new TextTokenizer(BpeTokenizer.Create(options), Before(root), Steps(root, "normalizer", "normalizers").Length > 0);
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or ArgumentException or FormatException or InvalidDataException)
        {
            throw new TokenizerException($"{path}: {exception.Message}", exception);
        }
    }

    private static IEnumerable<KeyValuePair<string, int>> Vocabulary(JsonElement model) =>
        model.GetProperty("vocab").EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetInt32()));

    /// <summary>A merge is <c>"a b"</c>, or <c>["a", "b"]</c> since tokenizers 0.20.</summary>
    private static IEnumerable<string> Merges(JsonElement model) =>
        model.GetProperty("merges").EnumerateArray().Select(merge =>
            merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}");

    private static Dictionary<string, int> Special(JsonElement root)
    {
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        if (!root.TryGetProperty("added_tokens", out var tokens) || tokens.ValueKind != JsonValueKind.Array) return special;
        foreach (var token in tokens.EnumerateArray()) special[token.GetProperty("content").GetString()!] = token.GetProperty("id").GetInt32();
        return special;
    }

    private static Regex Pattern(JsonElement root)
    {
        var steps = Steps(root, "pre_tokenizer", "pretokenizers");
        JsonElement[] splits = [.. steps.Where(step => Text(step, "type") == "Split")];
        var usesOwn = steps.Any(step => Text(step, "type") == "ByteLevel" && (!step.TryGetProperty("use_regex", out var use) || use.GetBoolean()));
        return (splits, usesOwn) switch
        {
            ([], true) => Gpt2Pattern(),
            ([], false) => WholePattern(),
            ([var split], false) when Text(split, "behavior") == "Isolated" && Text(split, "pattern", "Regex") is { } pattern =>
                new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout),
            _ => throw new InvalidDataException("its pre-tokenizer combines several patterns, which is not supported"),
        };
    }

    /// <summary>Special tokens that a template puts before the text.</summary>
    private static ImmutableArray<int> Before(JsonElement root)
    {
        foreach (var step in Steps(root, "post_processor", "processors"))
        {
            if (Text(step, "type") != "TemplateProcessing") continue;
            return
            [
                .. step.GetProperty("single").EnumerateArray()
                    .TakeWhile(piece => piece.TryGetProperty("SpecialToken", out _))
                    .Select(piece => piece.GetProperty("SpecialToken").GetProperty("id").GetString()!)
                    .SelectMany(name => step.GetProperty("special_tokens").GetProperty(name).GetProperty("ids").EnumerateArray())
                    .Select(id => id.GetInt32()),
            ];
        }

        return [];
    }

    /// <summary>The steps of a part of the pipeline, which is one step, a sequence of them, or absent.</summary>
    private static JsonElement[] Steps(JsonElement root, string part, string list)
    {
        if (Object(root, part) is not { } step) return [];
        return Text(step, "type") == "Sequence" && step.TryGetProperty(list, out var steps) && steps.ValueKind == JsonValueKind.Array
            ? [.. steps.EnumerateArray()]
            : [step];
    }

    private static JsonElement? Object(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static bool IsSet(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Text(JsonElement element, string part, string name) => Object(element, part) is { } value ? Text(value, name) : null;

    /// <summary>The pattern of GPT-2's encoder, which ByteLevel uses unless told otherwise.</summary>
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Pattern();

    [GeneratedRegex(@"[\s\S]+", RegexOptions.CultureInvariant)]
    private static partial Regex WholePattern();
}
