using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Queries, keys and values: packed in one tensor, in this order, or three tensors.</summary>
/// <param name="Query">The queries, or all three.</param>
/// <param name="Key">The keys; absent where packed.</param>
/// <param name="Value">The values; absent where packed.</param>
internal readonly record struct AttentionInputs(GraphValue Query, GraphValue Key, GraphValue Value)
{
    /// <summary>Whether all three are in one tensor.</summary>
    public bool IsPacked => !Key.IsPresent;

    /// <summary>Queries, keys and values in one tensor.</summary>
    public static AttentionInputs Packed(GraphValue packed) => new(packed, GraphValue.Absent, GraphValue.Absent);
}
