using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>A layer of Llama and its relatives: queries, keys and values in one projection, gate and up in another.</summary>
internal sealed record GatedDecoderLayer
{
    public required int Hidden { get; init; }

    public required int Heads { get; init; }

    public required int KvHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int Intermediate { get; init; }

    public required Activation Activation { get; init; }

    public required double Epsilon { get; init; }

    public bool HasQkvBias { get; init; }

    public bool HasOutBias { get; init; }

    public bool HasMlpBias { get; init; }

    /// <summary>Whether queries and keys have an RMS norm per head.</summary>
    public bool HasHeadNorm { get; init; }

    /// <summary>Whether the checkpoint has the packed projections as one tensor each (Phi-3).</summary>
    public bool IsPacked { get; init; }

    private int QueryWidth => Heads * HeadSize;

    private int KvWidth => KvHeads * HeadSize;

    /// <summary>Adds the layer.</summary>
    public Residual Build(DecoderGraph graph, int layer, int? window, Residual residual)
    {
        var prefix = $"model.layers.{layer}";
        var attention = $"{prefix}.self_attn";
        (var normalized, residual) = graph.RmsNorm(
            $"{prefix}.input_layernorm", residual, graph.Tensor($"{prefix}.input_layernorm.weight", Hidden), Epsilon);
        var (weight, bias) = QueryKeyValue(graph, attention);
        var packed = graph.Linear($"{attention}.qkv_proj", normalized, weight, bias);
        var block = new AttentionBlock
        {
            Layer = layer,
            Heads = Heads,
            KvHeads = KvHeads,
            HeadSize = HeadSize,
            Window = window,
            IsRotary = true,
            QueryNorm = graph.Optional(HasHeadNorm, $"{attention}.q_norm.weight", HeadSize),
            KeyNorm = graph.Optional(HasHeadNorm, $"{attention}.k_norm.weight", HeadSize),
            NormEpsilon = Epsilon,
        };
        var attended = graph.Attention(attention, block, AttentionInputs.Packed(packed));
        residual = residual.Plus(graph.Linear(
            $"{attention}.o_proj",
            attended,
            graph.Tensor($"{attention}.o_proj.weight", Hidden, QueryWidth),
            graph.Optional(HasOutBias, $"{attention}.o_proj.bias", Hidden)));
        (normalized, residual) = graph.RmsNorm(
            $"{prefix}.post_attention_layernorm", residual, graph.Tensor($"{prefix}.post_attention_layernorm.weight", Hidden), Epsilon);
        return residual.Plus(Mlp(graph, $"{prefix}.mlp", normalized));
    }

    private GraphValue Mlp(DecoderGraph graph, string prefix, GraphValue x)
    {
        var (weight, bias) = GateUp(graph, prefix);
        var packed = graph.Linear($"{prefix}.gate_up_proj", x, weight, bias);
        var activated = graph.GatedActivation($"{prefix}.act_fn", packed, Intermediate, Activation);
        return graph.Linear(
            $"{prefix}.down_proj",
            activated,
            graph.Tensor($"{prefix}.down_proj.weight", Hidden, Intermediate),
            graph.Optional(HasMlpBias, $"{prefix}.down_proj.bias", Hidden));
    }

    private (WeightMatrix Weight, WeightMatrix? Bias) QueryKeyValue(DecoderGraph graph, string prefix)
    {
        if (IsPacked)
            return (graph.Tensor($"{prefix}.qkv_proj.weight", QueryWidth + (2 * KvWidth), Hidden), null);

        var weight = WeightMatrix.Stack(
            graph.Tensor($"{prefix}.q_proj.weight", QueryWidth, Hidden),
            graph.Tensor($"{prefix}.k_proj.weight", KvWidth, Hidden),
            graph.Tensor($"{prefix}.v_proj.weight", KvWidth, Hidden));
        var bias = HasQkvBias
            ? WeightMatrix.Stack(
                graph.Tensor($"{prefix}.q_proj.bias", QueryWidth),
                graph.Tensor($"{prefix}.k_proj.bias", KvWidth),
                graph.Tensor($"{prefix}.v_proj.bias", KvWidth))
            : null;
        return (weight, bias);
    }

    private (WeightMatrix Weight, WeightMatrix? Bias) GateUp(DecoderGraph graph, string prefix)
    {
        if (IsPacked)
            return (graph.Tensor($"{prefix}.gate_up_proj.weight", 2 * Intermediate, Hidden), null);

        var weight = WeightMatrix.Stack(
            graph.Tensor($"{prefix}.gate_proj.weight", Intermediate, Hidden), graph.Tensor($"{prefix}.up_proj.weight", Intermediate, Hidden));
        var bias = HasMlpBias
            ? WeightMatrix.Stack(graph.Tensor($"{prefix}.gate_proj.bias", Intermediate), graph.Tensor($"{prefix}.up_proj.bias", Intermediate))
            : null;
        return (weight, bias);
    }
}
