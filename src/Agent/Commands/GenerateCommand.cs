using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Tokenization;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>generate</c>: answers a prompt with a real checkpoint, greedily.</summary>
internal static class GenerateCommand
{
    private const int MaximumTokens = 1 << 20;

    public static Command Create(AgentConsole console)
    {
        var model = new Option<string>("--model", "-m") { Required = true, Description = "Checkpoint directory, org/name, or an artifact (with --tokenizer).", HelpName = "MODEL" };
        var prompt = new Option<string>("--prompt") { Required = true, Description = "Text to continue.", HelpName = "TEXT" };
        var maximum = NumericOption.Of<int>("--max-tokens", "Most tokens to generate.", 128, "N", "-n");
        var tokenizer = new Option<string>("--tokenizer") { Description = "Directory of the tokenizer. Default: the checkpoint's.", HelpName = "DIR" };
        var precision = new Option<string>("--precision", "-p") { Description = "fp32 or int4; fp16 or bf16 on a GPU.", DefaultValueFactory = _ => "fp32" };
        var provider = new Option<string>("--provider") { Description = "cpu or cuda.", DefaultValueFactory = _ => "cpu" };
        var threads = ModelOptions.Threads();
        var chunk = NumericOption.Of<int>("--chunk", "Prefill in pieces of this many tokens; 0 for one piece.", 512, "N");
        var runtimePack = ModelOptions.RuntimePack();
        var cache = ModelOptions.Cache();
        var command = new Command("generate", "Continues a prompt with a real checkpoint (greedy).") { model, prompt, maximum, tokenizer, precision, provider, threads, chunk, runtimePack, cache };
        command.SetGuardedAction(console, ExitStatus.Failure, (parsed, cancellation) =>
        {
            var limit = parsed.GetRequiredValue(maximum);
            if (limit is < 1 or > MaximumTokens) throw new UsageException($"--max-tokens {limit} is outside 1 to {MaximumTokens}.");
            if (parsed.GetRequiredValue(chunk) < 0) throw new UsageException($"--chunk {parsed.GetRequiredValue(chunk)} is negative.");
            var threadCount = parsed.ThreadCount(threads);
            var location = ModelOptions.Locate(parsed.GetRequiredValue(model));
            RequireWeights(location);
            var text = Tokenizer(location, parsed.GetValue(tokenizer));
            var ids = Encode(text, parsed.GetRequiredValue(prompt));
            if (ids.Length == 0) throw new UsageException("The prompt has no tokens.");

            var store = new ArtifactCache(parsed.CacheDirectory(cache));
            var providerName = ModelOptions.Provider(parsed.GetRequiredValue(provider));
            var progress = new ProgressLine(console.Error, console.InteractiveError, quiet: false);
            using var obtained = store.Obtain(
                location,
                ModelOptions.Target(providerName == "cpu" ? "cpu" : "cuda"),
                ModelOptions.Precision(parsed.GetRequiredValue(precision)),
                progress.ForExport(location.Name),
                cancellation);
            var artifact = obtained.Artifact;
            progress.Clear();
            var pack = parsed.GetValue(runtimePack) is { } directory ? RuntimePack.Open(directory, store.Hashes, cancellation) : RuntimePack.Bundled();
            var options = new DecoderOptions
            {
                Provider = ModelOptions.Executor(providerName),
                Threads = threadCount,
            };
            RequireVocabulary(ids, artifact.Manifest);
            using var session = DecoderSession.Open(pack, artifact, options);
            Generate(session, ids, limit, parsed.GetRequiredValue(chunk), new StreamedText(text), console, cancellation);
            return Task.FromResult(ExitStatus.Success);
        });
        return command;
    }

    private static void Generate(
        DecoderSession session, long[] prompt, int limit, int chunk, StreamedText text, AgentConsole console, CancellationToken cancellation)
    {
        var room = session.Manifest.PositionLimit is { } positions ? positions - prompt.Length + 1 : limit;
        if (room < 1) throw new UsageException($"The prompt has {prompt.Length} tokens; {session.Manifest.Name} has positions for {session.Manifest.PositionLimit}.");
        limit = Math.Min(limit, room);
        using var decoder = new Decoder(session, new DecoderShape(1, prompt.Length + limit - 1), cancellation);
        var ends = session.Manifest.Tokens.End;
        decoder.Reset();
        var start = Stopwatch.GetTimestamp();
        var next = (int)decoder.Prefill(prompt, chunk)[0];
        var first = Stopwatch.GetElapsedTime(start);
        var count = 1;
        while (!ends.Contains(next))
        {
            console.Out.Write(text.Add(next));
            console.Out.Flush();
            if (count == limit) break;
            next = (int)decoder.Step()[0];
            count++;
        }

        console.Out.WriteLine(text.Rest());
        var rest = Stopwatch.GetElapsedTime(start) - first;
        var rate = count > 1 ? string.Create(CultureInfo.InvariantCulture, $", then {(count - 1) / rest.TotalSeconds:0.0} tokens/s") : "";
        console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{prompt.Length} prompt tokens, {count} generated; first token after {first.TotalMilliseconds:0.0} ms{rate}"));
    }

    private static void RequireWeights(ModelLocation location)
    {
        if (location is ModelLocation.FromCatalogue(var entry))
        {
            throw new UsageException(
                $"'{entry.Name}' is a catalogue entry: a shape with random weights, which has nothing to say. generate needs a checkpoint: "
                + $"download {entry.Source} and name it or its directory.");
        }

        if (location is ModelLocation.Artifact(var directory) && Artifact.Open(directory).Manifest.Weights.Source == "random")
        {
            throw new UsageException($"{directory} has random weights, which have nothing to say. generate needs a checkpoint with its tokenizer.");
        }
    }

    private static void RequireVocabulary(long[] ids, ArtifactManifest manifest)
    {
        if (ids.Max() is var greatest && greatest >= manifest.Vocabulary)
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"The tokenizer makes token {greatest} of the prompt, but {manifest.Name} has tokens 0 to {manifest.Vocabulary - 1}: it is another model's tokenizer."));
        }
    }

    private static long[] Encode(TextTokenizer tokenizer, string prompt)
    {
        try
        {
            return Array.ConvertAll(tokenizer.Encode(prompt), id => (long)id);
        }
        catch (TokenizerException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static TextTokenizer Tokenizer(ModelLocation location, string? named)
    {
        var directory = named ?? (location is ModelLocation.Checkpoint(var checkpoint, _) ? checkpoint : null)
            ?? throw new UsageException("An artifact has no tokenizer: name the directory of its checkpoint's with --tokenizer.");
        try
        {
            return TokenizerFile.Open(directory);
        }
        catch (TokenizerException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
