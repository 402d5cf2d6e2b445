using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Mamba (Gu and Dao 2023) and Falcon-Mamba, which normalises dt, B and C.</summary>
internal sealed class MambaArchitecture : DecoderArchitecture
{
    private const int HiddenPerRank = 16;

    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["mamba", "falcon_mamba"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Ssm;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var isFalcon = config["model_type"].Text() == "falcon_mamba";
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(true);
        var epsilon = Epsilon(config, "layer_norm_epsilon", 1e-5);

        // The size wins where both are given: Falcon-Mamba's published configuration says expand 16 and means its size.
        var inner = config["intermediate_size"].Int(1, GreatestWidth, (int)(config["expand"].Float(1e-3, 1e3, 2) * hidden));
        var rank = config["time_step_rank"];
        var block = new Mamba1Block
        {
            Layer = 0,
            Prefix = "",
            Hidden = hidden,
            Inner = inner,
            StateSize = config["state_size"].Int(1, GreatestCount, 16),
            TimeStepRank = rank is { IsText: true } && rank.Text() == "auto"
                ? (hidden + HiddenPerRank - 1) / HiddenPerRank
                : rank.Int(1, GreatestWidth, (hidden + HiddenPerRank - 1) / HiddenPerRank),
            ConvWidth = ConvolutionWidth(config, "conv_kernel", 4),
            ConvActivation = Activations.Read(config["hidden_act"], Activation.Silu),
            HasConvBias = config["use_conv_bias"].Bool(true),
            HasProjectionBias = config["use_bias"].Bool(false),
            ParameterNormEpsilon = isFalcon ? Epsilon(config, "mixer_rms_eps", 1e-6) : null,
        };

        var table = graph.Tensor("backbone.embeddings.weight", ["backbone.embedding.weight"], vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, 1, isTied));
        for (var layer = 0; layer < layers; layer++)
        {
            var prefix = $"backbone.layers.{layer}";
            (var normalized, residual) = graph.RmsNorm($"{prefix}.norm", residual, graph.Tensor($"{prefix}.norm.weight", hidden), epsilon);
            residual = residual.Plus(graph.Mamba1(block with { Layer = layer, Prefix = $"{prefix}.mixer" }, normalized));
        }

        var last = graph.LastRmsNorm("backbone.norm_f", residual, graph.Tensor("backbone.norm_f.weight", hidden), epsilon);
        graph.Head(last, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, TrainedContext(config), PositionLimit: null);
    }
}
