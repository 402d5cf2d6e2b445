using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Attention by <c>edgefleet.Attention</c>: float32 on every target.</summary>
internal static class OwnAttention
{
    /// <summary>Adds the node.</summary>
    public static GraphValue Lower(DecoderLowering lowering, string scope, AttentionBlock block, AttentionInputs inputs)
    {
        var (pastKey, presentKey) = lowering.States.KeyValue(block.Layer, "key", OnnxElementType.Float32, block.KvHeads, block.HeadSize);
        var (pastValue, presentValue) = lowering.States.KeyValue(block.Layer, "value", OnnxElementType.Float32, block.KvHeads, block.HeadSize);
        var (cos, sin) = block.IsRotary ? lowering.Inputs.Rotary(lowering.RotaryDimension!.Value) : (GraphValue.Absent, GraphValue.Absent);
        var queryNorm = block.QueryNorm is null
            ? GraphValue.Absent
            : lowering.Dense($"{scope}.q_norm.weight", block.QueryNorm, OnnxElementType.Float32, block.HeadSize);
        var keyNorm = block.KeyNorm is null
            ? GraphValue.Absent
            : lowering.Dense($"{scope}.k_norm.weight", block.KeyNorm, OnnxElementType.Float32, block.HeadSize);
        lowering.Cost.Attend(block.Heads, block.HeadSize, block.Window);
        lowering.Routes.Add(new RouteManifest(block.Layer, OperatorDomain.Qualify(OperatorDomain.EdgeFleet, "Attention"), "fused-custom"));
        return lowering.Builder.Nodes(
            OperatorDomain.EdgeFleet,
            "Attention",
            scope,
            [
                inputs.Query,
                inputs.IsPacked ? inputs.Query : inputs.Key,
                inputs.IsPacked ? inputs.Query : inputs.Value,
                pastKey,
                pastValue,
                lowering.Inputs.PastLength,
                cos,
                sin,
                queryNorm,
                keyNorm,
            ],
            [new GraphValue($"{scope}.out", OnnxElementType.Float32), presentKey, presentValue],
            NodeAttribute.Int("num_heads", block.Heads),
            NodeAttribute.Int("kv_num_heads", block.KvHeads),
            NodeAttribute.Int("head_size", block.HeadSize),
            NodeAttribute.Float("scale", (float)(block.Scale ?? 0)),
            NodeAttribute.Int("local_window", block.Window ?? -1),
            NodeAttribute.Float("norm_epsilon", (float)block.NormEpsilon),
            NodeAttribute.Int("query_offset", 0),
            NodeAttribute.Int("key_offset", inputs.IsPacked ? block.QueryWidth : 0),
            NodeAttribute.Int("value_offset", inputs.IsPacked ? block.QueryWidth + block.KvWidth : 0))[0];
    }
}
