using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>An architecture of transformers: reads its configuration and writes its blocks into a graph.</summary>
internal abstract class DecoderArchitecture
{
    /// <summary>Greatest width of anything; keeps products of two within 64 bits.</summary>
    protected const int GreatestWidth = 1 << 24;

    /// <summary>Greatest number of layers and heads.</summary>
    protected const int GreatestCount = 1 << 12;

    /// <summary>Greatest context length.</summary>
    protected const int GreatestContext = 1 << 28;

    /// <summary>The values of <c>model_type</c> that it reads.</summary>
    public abstract ImmutableArray<string> ModelTypes { get; }

    /// <summary>Family of the models.</summary>
    public abstract ModelFamily Family { get; }

    /// <summary>Patterns of tensors in checkpoints that are not read.</summary>
    public virtual ImmutableArray<string> Ignorable => [];

    /// <summary>Writes the blocks.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="graph">Receives the blocks.</param>
    /// <returns>Dimensions of the whole.</returns>
    /// <exception cref="CheckpointException">The configuration is not supported; the message names the key.</exception>
    public abstract DecoderDimensions Build(ModelConfig config, DecoderGraph graph);

    /// <summary>A required width.</summary>
    protected static int Width(ModelConfig config, string key) => config[key].Int(1, GreatestWidth);

    /// <summary>A required number of layers or heads.</summary>
    protected static int Count(ModelConfig config, string key) => config[key].Int(1, GreatestCount);

    /// <summary>Epsilon of a norm.</summary>
    protected static double Epsilon(ModelConfig config, string key, double fallback) => config[key].Float(0, 1, fallback);

    /// <summary>Width of a convolution. A width of 1 would have an empty window as state.</summary>
    protected static int ConvolutionWidth(ModelConfig config, string key, int fallback) => config[key].Int(2, 16, fallback);

    /// <summary>Context length of training.</summary>
    protected static int? TrainedContext(ModelConfig config) => config["max_position_embeddings"].IntOrNull(1, GreatestContext);

    /// <summary>Key and value heads: as many as query heads where the key is null, and where it is absent unless the architecture has a default.</summary>
    protected static int KvHeads(ModelConfig config, int heads, int? fallback = null)
    {
        var value = config["num_key_value_heads"];
        var isNull = config.Keys.Contains("num_key_value_heads", StringComparer.Ordinal);
        var kvHeads = value.Int(1, heads, isNull ? heads : fallback ?? heads);
        return heads % kvHeads == 0 ? kvHeads : throw value.Error($"a divisor of num_attention_heads, which is {heads}");
    }

    /// <summary>Channels per head: the key <c>head_dim</c>, or the width shared among the heads.</summary>
    protected static int HeadSize(ModelConfig config, int hidden, int heads, int? fallback = null)
    {
        var value = config["head_dim"];
        if (value.IsPresent || fallback is not null)
            return value.Int(1, GreatestCount, fallback ?? 0);

        return hidden % heads == 0
            ? hidden / heads
            : throw config["hidden_size"].Error($"a multiple of num_attention_heads, which is {heads}, where head_dim is not given");
    }

    /// <summary>Whether the time step's limits are given, and which.</summary>
    protected static (double Minimum, double Maximum) TimeStepLimit(ModelConfig config)
    {
        var value = config["time_step_limit"];
        if (!value.IsPresent)
            return (0, double.PositiveInfinity);

        var limits = value.Array(2, 2);
        var minimum = limits[0].Float(0, double.MaxValue);
        return (minimum, limits[1].Float(minimum, double.PositiveInfinity));
    }
}
