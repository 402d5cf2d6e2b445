using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace EdgeFleet.Agent.Tokenization;

/// <summary>Finds and reads a checkpoint's tokenizer: byte-level BPE in tokenizer.json, or a SentencePiece tokenizer.model.</summary>
internal static class TokenizerFile
{
    private const string JsonName = "tokenizer.json";
    private const string SentencePieceName = "tokenizer.model";
    private const long MaximumBytes = 256 << 20;

    /// <summary>Opens the tokenizer of a checkpoint's directory.</summary>
    /// <exception cref="TokenizerException">There is none, or none that is supported; the message names its kind.</exception>
    public static TextTokenizer Open(string directory)
    {
        var json = Path.Combine(directory, JsonName);
        var model = Path.Combine(directory, SentencePieceName);
        string? refusal = null;
        if (File.Exists(json))
        {
            Bounded(json);
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(json));
                refusal = ByteLevelBpe.Refusal(document.RootElement);
                if (refusal is null) return ByteLevelBpe.Read(document.RootElement, json);
            }
            catch (JsonException exception)
            {
                throw new TokenizerException($"{json}: not JSON: {exception.Message}", exception);
            }
        }

        if (File.Exists(model))
        {
            Bounded(model);
            try
            {
                using var stream = File.OpenRead(model);
                var tokenizer = LlamaTokenizer.Create(stream, addBeginOfSentence: false, addEndOfSentence: false);
                return new TextTokenizer(tokenizer, [tokenizer.BeginningOfSentenceId]);
            }
            catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or InvalidDataException or Google.Protobuf.InvalidProtocolBufferException)
            {
                throw new TokenizerException($"{model}: not a SentencePiece model that is supported: {exception.Message}", exception);
            }
        }

        throw new TokenizerException(refusal is null
            ? $"{directory}: holds neither {JsonName} nor {SentencePieceName}. Download the checkpoint's tokenizer, or name its directory with --tokenizer."
            : $"{json}: {refusal}. Supported are byte-level BPE in {JsonName} and SentencePiece in {SentencePieceName}.");
    }

    private static void Bounded(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaximumBytes) throw new TokenizerException($"{path}: {length} bytes; a tokenizer has at most {MaximumBytes}.");
    }
}
