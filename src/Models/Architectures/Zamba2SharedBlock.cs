using System.Collections.Immutable;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Zamba2's shared Transformer blocks (arXiv 2411.15242): attention over the stream beside the embeddings, then a gated MLP, without residual
/// connections. Call site i uses block i modulo their number; adapters and the closing projection are the site's own.
/// </summary>
internal sealed record Zamba2SharedBlock
{
    public required int Hidden { get; init; }

    public required int Heads { get; init; }

    public required int KvHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int Intermediate { get; init; }

    public required Activation Activation { get; init; }

    public required double Epsilon { get; init; }

    public required bool HasMlpBias { get; init; }

    public required bool HasAttentionAdapter { get; init; }

    public required int AdapterRank { get; init; }

    public required bool IsRotary { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Layers that are call sites, in order.</summary>
    public required ImmutableArray<int> Hybrids { get; init; }

    private int AttentionHidden => 2 * Hidden;

    /// <summary>Adds the block at a call site.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="site">Call site, from 0.</param>
    /// <param name="stream">The residual stream.</param>
    /// <param name="embeddings">The token embeddings.</param>
    /// <returns>What is added to the input of the site's Mamba mixer.</returns>
    public GraphValue Build(DecoderGraph graph, int site, GraphValue stream, GraphValue embeddings)
    {
        var layer = Hybrids[site];
        var scope = $"model.layers.{layer}.shared_transformer";
        var both = graph.Concat($"{scope}.input", stream, embeddings);
        var normalized = graph.LastRmsNorm(
            $"{scope}.input_layernorm", Residual.Of(both), Shared(graph, site, "input_layernorm.weight", AttentionHidden), Epsilon);
        var attended = graph.Linear(
            $"{scope}.self_attn.o_proj",
            Attend(graph, site, scope, normalized),
            Shared(graph, site, "self_attn.o_proj.weight", Hidden, Heads * HeadSize));
        normalized = graph.LastRmsNorm(
            $"{scope}.pre_ff_layernorm", Residual.Of(attended), Shared(graph, site, "pre_ff_layernorm.weight", Hidden), Epsilon);
        var transformed = Mlp(graph, site, $"{scope}.feed_forward", normalized);
        return graph.Linear($"model.layers.{layer}.linear", transformed, graph.Tensor($"model.layers.{layer}.linear.weight", Hidden, Hidden));
    }

    private GraphValue Attend(DecoderGraph graph, int site, string scope, GraphValue x)
    {
        var block = new AttentionBlock
        {
            Layer = Hybrids[site],
            Heads = Heads,
            KvHeads = KvHeads,
            HeadSize = HeadSize,
            Scale = 1 / Math.Sqrt(HeadSize / 2.0),
            IsRotary = IsRotary,
        };
        var query = Shared(graph, site, "self_attn.q_proj.weight", block.QueryWidth, AttentionHidden);
        var key = Shared(graph, site, "self_attn.k_proj.weight", block.KvWidth, AttentionHidden);
        var value = Shared(graph, site, "self_attn.v_proj.weight", block.KvWidth, AttentionHidden);
        var attention = $"{scope}.self_attn";
        if (!HasAttentionAdapter)
        {
            var packed = graph.Linear($"{attention}.qkv_proj", x, WeightMatrix.Stack(query, key, value));
            return graph.Attention(attention, block, AttentionInputs.Packed(packed));
        }

        GraphValue Adapted(string name, WeightMatrix weight) => graph.Add(
            $"{attention}.{name}_adapted",
            graph.Linear($"{attention}.{name}_proj", x, weight),
            Adapter(graph, site, $"self_attn.linear_{name}_adapter_list", $"{attention}.{name}_adapter", x, AttentionHidden, AttentionHidden));

        return graph.Attention(attention, block, new AttentionInputs(Adapted("q", query), Adapted("k", key), Adapted("v", value)));
    }

    private GraphValue Mlp(DecoderGraph graph, int site, string scope, GraphValue x)
    {
        var packed = graph.Linear(
            $"{scope}.gate_up_proj",
            x,
            Shared(graph, site, "feed_forward.gate_up_proj.weight", 2 * Intermediate, Hidden),
            HasMlpBias ? Shared(graph, site, "feed_forward.gate_up_proj.bias", 2 * Intermediate) : null);
        var adapted = graph.Add(
            $"{scope}.gate_up_adapted",
            packed,
            Adapter(graph, site, "feed_forward.gate_up_proj_adapter_list", $"{scope}.gate_up_adapter", x, Hidden, 2 * Intermediate));
        var activated = graph.GatedActivation($"{scope}.act_fn", adapted, Intermediate, Activation);
        return graph.Linear(
            $"{scope}.down_proj",
            activated,
            Shared(graph, site, "feed_forward.down_proj.weight", Hidden, Intermediate),
            HasMlpBias ? Shared(graph, site, "feed_forward.down_proj.bias", Hidden) : null);
    }

    private GraphValue Adapter(DecoderGraph graph, int site, string list, string scope, GraphValue x, int inputs, int outputs)
    {
        var reduced = graph.Linear($"{scope}.0", x, Shared(graph, site, $"{list}.{site}.0.weight", AdapterRank, inputs));
        return graph.Linear($"{scope}.1", reduced, Shared(graph, site, $"{list}.{site}.1.weight", outputs, AdapterRank));
    }

    // A checkpoint stores a shared tensor once, under whichever call site it was written from; its name here is that of the block's first site.
    private WeightMatrix Shared(DecoderGraph graph, int site, string name, params ReadOnlySpan<long> shape)
    {
        var block = site % Blocks;
        var names = Hybrids.Where((_, index) => index % Blocks == block).Select(layer => $"model.layers.{layer}.shared_transformer.{name}");
        return graph.Tensor(names.First(), [.. names.Skip(1)], shape);
    }
}
