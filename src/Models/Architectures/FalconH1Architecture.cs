using System.Collections.Immutable;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Falcon-H1: attention and a Mamba-2 mixer side by side in each layer, then a gated MLP. Its fixed multipliers are folded into weights.
/// </summary>
internal sealed class FalconH1Architecture : DecoderArchitecture
{
    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["falcon_h1"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Hybrid;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight", "model.layers.*.mamba.mup_vector"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(false);
        var epsilon = Epsilon(config, "rms_norm_eps", 1e-5);
        var heads = Count(config, "num_attention_heads");
        var attention = new AttentionBlock
        {
            Layer = 0,
            Heads = heads,
            KvHeads = KvHeads(config, heads, fallback: 8),
            HeadSize = HeadSize(config, hidden, heads),
            IsRotary = true,
        };
        var mixer = Mixer(config, hidden, epsilon);
        graph.UseRotary(RotaryReader.Read(config, attention.HeadSize, defaultBase: 100_000));

        var table = graph.Tensor("model.embed_tokens.weight", vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, Multiplier(config, "embedding_multiplier"), isTied));
        for (var layer = 0; layer < layers; layer++)
        {
            var prefix = $"model.layers.{layer}";
            (var normalized, residual) = graph.RmsNorm(
                $"{prefix}.input_layernorm", residual, graph.Tensor($"{prefix}.input_layernorm.weight", hidden), epsilon);
            var mixed = graph.Mamba2(mixer with { Layer = layer, Prefix = $"{prefix}.mamba" }, normalized);
            var attended = Attend(config, graph, attention with { Layer = layer }, $"{prefix}.self_attn", hidden, normalized);
            residual = residual.Plus(graph.Add($"{prefix}.mixers", mixed, attended));
            (normalized, residual) = graph.RmsNorm(
                $"{prefix}.pre_ff_layernorm", residual, graph.Tensor($"{prefix}.pre_ff_layernorm.weight", hidden), epsilon);
            residual = residual.Plus(Mlp(config, graph, $"{prefix}.feed_forward", hidden, normalized));
        }

        // The multiplier of the logits is folded into the last norm, which the head alone reads.
        var last = graph.LastRmsNorm(
            "model.final_layernorm",
            residual,
            graph.Tensor("model.final_layernorm.weight", hidden).Times(Multiplier(config, "lm_head_multiplier")),
            epsilon);
        graph.Head(last, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, TrainedContext(config), PositionLimit: null);
    }

    private static Mamba2Block Mixer(ModelConfig config, int hidden, double epsilon)
    {
        var inner = config["mamba_d_ssm"].Int(1, GreatestWidth, (int)(config["mamba_expand"].Float(1e-3, 1e3, 2) * hidden));
        var heads = config["mamba_n_heads"].Int(1, GreatestCount, 128);
        var size = config["mamba_d_head"];
        var headSize = size is { IsText: true } && size.Text() == "auto" ? inner / heads : size.Int(1, GreatestCount, inner / heads);
        if (heads * headSize != inner)
            throw config["mamba_n_heads"].Error($"mamba_d_ssm / mamba_d_head = {inner} / {headSize}");

        var groups = config["mamba_n_groups"].Int(1, heads, 1);
        if (heads % groups != 0)
            throw config["mamba_n_groups"].Error($"a divisor of mamba_n_heads, which is {heads}");

        var (minimum, maximum) = TimeStepLimit(config);
        return new Mamba2Block
        {
            Layer = 0,
            Prefix = "",
            Hidden = hidden,
            Heads = heads,
            HeadSize = headSize,
            Groups = groups,
            StateSize = config["mamba_d_state"].Int(1, GreatestCount, 256),
            ConvWidth = ConvolutionWidth(config, "mamba_d_conv", 4),
            ConvActivation = Activations.Read(config["hidden_act"], Activation.Silu),
            HasConvBias = config["mamba_conv_bias"].Bool(true),
            HasInBias = config["mamba_proj_bias"].Bool(false),
            HasOutBias = config["projectors_bias"].Bool(false),
            MinimumTimeStep = minimum,
            MaximumTimeStep = maximum,
            Norm = config["mamba_rms_norm"].Bool(false)
                ? new GatedNormBlock(groups, epsilon, config["mamba_norm_before_gate"].Bool(true))
                : null,
            InputMultiplier = Multiplier(config, "ssm_in_multiplier"),
            PartMultipliers = Multipliers(config, "ssm_multipliers", 5),
            OutputMultiplier = Multiplier(config, "ssm_out_multiplier"),
        };
    }

    // The input's multiplier scales weights but not biases, as it is applied before them; the key's and the output's scale both.
    private static GraphValue Attend(ModelConfig config, DecoderGraph graph, AttentionBlock block, string prefix, int hidden, GraphValue x)
    {
        var hasBias = config["attention_bias"].Bool(false);
        var key = Multiplier(config, "key_multiplier");
        var output = Multiplier(config, "attention_out_multiplier");
        var weight = WeightMatrix.Stack(
            graph.Tensor($"{prefix}.q_proj.weight", block.QueryWidth, hidden),
            graph.Tensor($"{prefix}.k_proj.weight", block.KvWidth, hidden).Times(key),
            graph.Tensor($"{prefix}.v_proj.weight", block.KvWidth, hidden)).Times(Multiplier(config, "attention_in_multiplier"));
        var bias = hasBias
            ? WeightMatrix.Stack(
                graph.Tensor($"{prefix}.q_proj.bias", block.QueryWidth),
                graph.Tensor($"{prefix}.k_proj.bias", block.KvWidth).Times(key),
                graph.Tensor($"{prefix}.v_proj.bias", block.KvWidth))
            : null;
        var packed = graph.Linear($"{prefix}.qkv_proj", x, weight, bias);
        return graph.Linear(
            $"{prefix}.o_proj",
            graph.Attention(prefix, block, AttentionInputs.Packed(packed)),
            graph.Tensor($"{prefix}.o_proj.weight", hidden, block.QueryWidth).Times(output),
            graph.Optional(hasBias, $"{prefix}.o_proj.bias", hidden)?.Times(output));
    }

    private static GraphValue Mlp(ModelConfig config, DecoderGraph graph, string prefix, int hidden, GraphValue x)
    {
        var intermediate = Width(config, "intermediate_size");
        var hasBias = config["mlp_bias"].Bool(false);
        var multipliers = Multipliers(config, "mlp_multipliers", 2);
        var weight = WeightMatrix.Stack(
            graph.Tensor($"{prefix}.gate_proj.weight", intermediate, hidden).Times(multipliers[0]),
            graph.Tensor($"{prefix}.up_proj.weight", intermediate, hidden));
        var bias = hasBias
            ? WeightMatrix.Stack(
                graph.Tensor($"{prefix}.gate_proj.bias", intermediate).Times(multipliers[0]), graph.Tensor($"{prefix}.up_proj.bias", intermediate))
            : null;
        var packed = graph.Linear($"{prefix}.gate_up_proj", x, weight, bias);
        var activated = graph.GatedActivation(
            $"{prefix}.act_fn", packed, intermediate, Activations.Read(config["hidden_act"], Activation.Silu));
        return graph.Linear(
            $"{prefix}.down_proj",
            activated,
            graph.Tensor($"{prefix}.down_proj.weight", hidden, intermediate).Times(multipliers[1]),
            graph.Optional(hasBias, $"{prefix}.down_proj.bias", hidden)?.Times(multipliers[1]));
    }

    private static double Multiplier(ModelConfig config, string key) => config[key].Float(-1e6, 1e6, 1);

    private static ImmutableArray<double> Multipliers(ModelConfig config, string key, int count) =>
        config.Has(key) ? [.. config[key].Array(count, count).Select(value => value.Float(-1e6, 1e6))] : [.. Enumerable.Repeat(1.0, count)];
}
