using System.Collections.Immutable;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;

namespace EdgeFleet.Models.Import;

/// <summary>What the files beside a foreign model say about it: <c>genai_config.json</c>, or Optimum's <c>config.json</c>.</summary>
internal sealed record ForeignConfig
{
    private const string GenAiFile = "genai_config.json";
    private const int Greatest = 1 << 28;

    /// <summary>Name of the model's file.</summary>
    public required string ModelFile { get; init; }

    /// <summary>Provider that the folder was made for.</summary>
    public ExportTarget Target { get; init; } = ExportTarget.Cpu;

    /// <summary>Width of the residual stream, where it is said.</summary>
    public int? Hidden { get; init; }

    /// <summary>Rows of the logits, where they are said.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Query heads, where they are said.</summary>
    public int? Heads { get; init; }

    /// <summary>Context length, where it is said.</summary>
    public int? Context { get; init; }

    /// <summary>Whether the graph's own tables end at <see cref="Context"/>.</summary>
    public bool HasBoundedTables { get; init; }

    /// <summary>Whether past and present may be one buffer of full capacity.</summary>
    public bool SharesBuffer { get; init; }

    /// <summary>Special tokens.</summary>
    public TokensManifest Tokens { get; init; } = new(null, []);

    /// <summary>Names that the folder gives to inputs, by the usual name.</summary>
    public ImmutableDictionary<string, string> InputNames { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Name of the logits.</summary>
    public string LogitsName { get; init; } = "logits";

    /// <summary>Pairs of patterns of states, past and present, with <c>%d</c> for the layer, and what they are.</summary>
    public ImmutableArray<StatePattern> States { get; init; } = StatePattern.Usual;

    /// <summary>Reads the files of a folder.</summary>
    /// <exception cref="CheckpointException">A file is wrong, or there is no model.</exception>
    public static ForeignConfig Read(string directory)
    {
        var path = Path.Combine(directory, GenAiFile);
        return File.Exists(path) ? ReadGenAi(directory, ModelConfig.Load(path)) : ReadOptimum(directory);
    }

    private static ForeignConfig ReadGenAi(string directory, ModelConfig config)
    {
        var model = config["model"].Section();
        var decoder = model["decoder"].Section();
        if (decoder.Has("pipeline"))
            throw decoder["pipeline"].Error("a decoder of one graph; pipelines of several are not supported");

        var search = config["search"].SectionOrNull();
        var inputs = decoder["inputs"].SectionOrNull();
        var outputs = decoder["outputs"].SectionOrNull();
        var names = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var key in inputs?.Keys ?? [])
        {
            if (inputs![key].IsText)
                names.Add(key, inputs[key].Text());
        }

        return new ForeignConfig
        {
            ModelFile = RequireFile(directory, decoder["filename"].Text("model.onnx")),
            Target = UsesCuda(decoder) ? ExportTarget.Cuda : ExportTarget.Cpu,
            Hidden = decoder["hidden_size"].IntOrNull(1, Greatest),
            Vocabulary = model["vocab_size"].IntOrNull(1, Greatest),
            Heads = decoder["num_attention_heads"].IntOrNull(1, Greatest),
            Context = model["context_length"].IntOrNull(1, Greatest),
            HasBoundedTables = true,
            SharesBuffer = search?["past_present_share_buffer"].Bool(false) ?? false,
            Tokens = TokenReader.Read(model),
            InputNames = names.ToImmutable(),
            LogitsName = outputs?["logits"].Text("logits") ?? "logits",
            States =
            [
                .. StatePattern.OfGenAi(inputs, outputs, "past_key_names", "present_key_names", StateKind.Kv),
                .. StatePattern.OfGenAi(inputs, outputs, "past_value_names", "present_value_names", StateKind.Kv),
                .. StatePattern.Usual,
            ],
        };
    }

    private static ForeignConfig ReadOptimum(string directory)
    {
        var file = RequireFile(directory, "model.onnx");
        var path = Path.Combine(directory, CheckpointDirectory.ConfigFile);
        if (!File.Exists(path))
            return new ForeignConfig { ModelFile = file };

        var config = ModelConfig.Load(path);
        return new ForeignConfig
        {
            ModelFile = file,
            Hidden = config["hidden_size"].IntOrNull(1, Greatest),
            Vocabulary = config["vocab_size"].IntOrNull(1, Greatest),
            Heads = config["num_attention_heads"].IntOrNull(1, Greatest),
            Context = config["max_position_embeddings"].IntOrNull(1, Greatest),
            Tokens = TokenReader.Read(config),
        };
    }

    private static bool UsesCuda(ModelConfig decoder)
    {
        var providers = decoder["session_options"].SectionOrNull()?["provider_options"];
        return providers?.IsArray == true
            && providers.Array().Any(provider => provider.Section().Keys.Any(key => key.Equals("cuda", StringComparison.OrdinalIgnoreCase)));
    }

    private static string RequireFile(string directory, string name)
    {
        if (Path.GetFileName(name) != name || !name.EndsWith(".onnx", StringComparison.Ordinal))
            throw new CheckpointException($"{directory}, model '{name}'", "is not a plain name that ends in .onnx.", "Put the model beside its configuration.");
        if (!File.Exists(Path.Combine(directory, name)))
        {
            throw new CheckpointException(
                directory, $"holds no {name}.", "Name a folder of ONNX Runtime GenAI, Optimum or mobius that holds a decoder with its cache.");
        }

        return name;
    }
}
