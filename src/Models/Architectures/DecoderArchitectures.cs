using System.Collections.Frozen;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>The architectures that are exported.</summary>
internal static class DecoderArchitectures
{
    private static readonly FrozenDictionary<string, DecoderArchitecture> ByModelType =
        new DecoderArchitecture[]
        {
            new LlamaArchitecture(),
            new Phi3Architecture(),
            new GptNeoArchitecture(),
            new MambaArchitecture(),
            new Mamba2Architecture(),
            new Zamba2Architecture(),
            new FalconH1Architecture(),
        }
        .SelectMany(architecture => architecture.ModelTypes.Select(type => KeyValuePair.Create(type, architecture)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Values of <c>model_type</c> that are exported.</summary>
    public static IEnumerable<string> ModelTypes => ByModelType.Keys.Order(StringComparer.Ordinal);

    /// <summary>Builds the decoder of a configuration.</summary>
    /// <exception cref="CheckpointException">The configuration is not supported; the message names the key.</exception>
    public static BuiltDecoder Build(ModelConfig config, LoweringPlan plan)
    {
        var type = config["model_type"];
        if (!type.IsText || !ByModelType.TryGetValue(type.Text(), out var architecture))
            throw type.Error($"one of {string.Join(", ", ModelTypes)}");

        RefuseGeneralKeys(config);
        var graph = new DecoderGraph(plan);
        var dimensions = architecture.Build(config, graph);
        return graph.Build(type.Text(), architecture.Family, dimensions, TokenReader.Read(config), architecture.Ignorable);
    }

    private static void RefuseGeneralKeys(ModelConfig config)
    {
        if (config.Has("quantization_config"))
        {
            throw new CheckpointException(
                $"{config.Location}, key 'quantization_config'",
                "says that the checkpoint is quantised.",
                "Use the unquantised checkpoint; EdgeFleet quantises by itself.");
        }

        foreach (var key in (ReadOnlySpan<string>)["is_encoder_decoder", "add_cross_attention"])
        {
            if (config[key].Bool(false))
                throw config[key].Error("false: only decoders are supported");
        }
    }
}
