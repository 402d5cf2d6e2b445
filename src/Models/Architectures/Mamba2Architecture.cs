using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Mamba-2 (Dao and Gu 2024). The gated norm runs over all channels whatever the number of groups, as transformers has it.</summary>
internal sealed class Mamba2Architecture : DecoderArchitecture
{
    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["mamba2"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Ssm;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(false);
        var epsilon = Epsilon(config, "layer_norm_epsilon", 1e-5);
        var (minimum, maximum) = TimeStepLimit(config);
        var hasBias = config["use_bias"].Bool(false);
        var heads = config["num_heads"].Int(1, GreatestCount, 128);
        var headSize = config["head_dim"].Int(1, GreatestCount, 64);
        var inner = (int)(config["expand"].Float(1e-3, 1e3, 2) * hidden);
        if (heads * headSize != inner)
            throw config["num_heads"].Error(FormattableString.Invariant($"expand * hidden_size / head_dim = {inner} / {headSize}"));

        var groups = config["n_groups"].Int(1, heads, 8);
        if (heads % groups != 0)
            throw config["n_groups"].Error($"a divisor of num_heads, which is {heads}");

        var block = new Mamba2Block
        {
            Layer = 0,
            Prefix = "",
            Hidden = hidden,
            Heads = heads,
            HeadSize = headSize,
            Groups = groups,
            StateSize = config["state_size"].Int(1, GreatestCount, 128),
            ConvWidth = ConvolutionWidth(config, "conv_kernel", 4),
            ConvActivation = Activations.Read(config["hidden_act"], Activation.Silu),
            HasConvBias = config["use_conv_bias"].Bool(true),
            HasInBias = hasBias,
            HasOutBias = hasBias,
            MinimumTimeStep = minimum,
            MaximumTimeStep = maximum,
            Norm = new GatedNormBlock(1, epsilon, IsBeforeGate: false),
        };

        var table = graph.Tensor("backbone.embeddings.weight", ["backbone.embedding.weight"], vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, 1, isTied));
        for (var layer = 0; layer < layers; layer++)
        {
            var prefix = $"backbone.layers.{layer}";
            (var normalized, residual) = graph.RmsNorm($"{prefix}.norm", residual, graph.Tensor($"{prefix}.norm.weight", hidden), epsilon);
            residual = residual.Plus(graph.Mamba2(block with { Layer = layer, Prefix = $"{prefix}.mixer" }, normalized));
        }

        var last = graph.LastRmsNorm("backbone.norm_f", residual, graph.Tensor("backbone.norm_f.weight", hidden), epsilon);
        graph.Head(last, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, TrainedContext(config), PositionLimit: null);
    }
}
