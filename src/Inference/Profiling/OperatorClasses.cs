using System.Collections.Frozen;

namespace EdgeFleet.Inference.Profiling;

/// <summary>Classes by operator type, and by node name where the type does not decide.</summary>
public static class OperatorClasses
{
    private static readonly FrozenDictionary<string, OperatorClass> ByType = new (OperatorClass Class, string Types)[]
    {
        (OperatorClass.SsmScan, "SelectiveScan StateSpaceDual ConvStateSpaceDual LinearAttention LinearAttentionGate GatedDeltaNet Scan Loop"),
        (OperatorClass.CausalConv, "CausalConv1d CausalConvWithState VarlenCausalConvWithState Conv FusedConv NhwcFusedConv"),
        (
            OperatorClass.Attention,
            "Attention GroupQueryAttention MultiHeadAttention PagedAttention DecoderMaskedMultiHeadAttention SparseAttention PackedAttention "
            + "PackedMultiHeadAttention RotaryEmbedding GemmaRotaryEmbedding Softmax TensorScatter"),
        (
            OperatorClass.Gemm,
            "Linear QuantizedLinear MatMul Gemm FusedMatMul FusedGemm MatMulNBits MatMulNBitsMlp MatMulBnb4 MatMulFpQ4 MatMulInteger "
            + "MatMulIntegerToFloat DynamicQuantizeMatMul QLinearMatMul TransposeMatMul GemmFastGelu MoE QMoE Einsum"),
        (
            OperatorClass.Normalization,
            "RmsNorm GatedRMSNorm RMSNormalization LayerNormalization SimplifiedLayerNormalization SkipLayerNormalization "
            + "SkipSimplifiedLayerNormalization GroupNorm SkipGroupNorm LpNormalization InstanceNormalization BatchNormalization"),
        (
            OperatorClass.Activation,
            "GatedActivation Sigmoid Gelu FastGelu BiasGelu QuickGelu BiasSplitGelu Softplus Tanh Relu Silu Swish HardSwish Erf LeakyRelu Elu"),
        (
            OperatorClass.Elementwise,
            "Add Sub Mul Div Pow Sqrt Rsqrt Exp Log Neg Abs Reciprocal Sin Cos Min Max Clip Sum Where Equal Greater GreaterOrEqual Less "
            + "LessOrEqual And Or Not CumSum ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd Floor Ceil Round Mod"),
        (OperatorClass.Embedding, "QuantizedEmbedding GatherBlockQuantized EmbedLayerNormalization"),
        (
            OperatorClass.Memory,
            "Concat Slice Split Reshape Transpose Cast Squeeze Unsqueeze Expand Tile Identity Shape Size Constant ConstantOfShape Range Flatten Pad "
            + "GatherND GatherElements ScatterND ScatterElements Scatter Trilu EyeLike MemcpyFromHost MemcpyToHost QuantizeLinear DequantizeLinear"),
        (OperatorClass.Sampling, "ArgMax ArgMin TopK Multinomial Sampling GreedySearch"),
    }.SelectMany(static entry => entry.Types.Split(' ').Select(type => KeyValuePair.Create(type, entry.Class)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The class of a node; <see cref="OperatorClass.Other"/> for a type that is not known.</summary>
    /// <param name="type">Operator type.</param>
    /// <param name="node">Name of the node.</param>
    public static OperatorClass Of(string type, string node)
    {
        if (type == "Gather")
        {
            // A look-up in the embedding table, or the choice of positions or parts of a shape.
            return node.Contains("embed", StringComparison.OrdinalIgnoreCase) || node.Contains("wte", StringComparison.Ordinal)
                ? OperatorClass.Embedding
                : OperatorClass.Memory;
        }

        var found = ByType.GetValueOrDefault(type, OperatorClass.Other);
        return found == OperatorClass.Gemm && node.Contains("lm_head", StringComparison.Ordinal) ? OperatorClass.LmHead : found;
    }

    /// <summary>The name of a class in results, e.g. <c>ssm_scan</c>.</summary>
    public static string Name(this OperatorClass value) => value switch
    {
        OperatorClass.SsmScan => "ssm_scan",
        OperatorClass.CausalConv => "causal_conv",
        OperatorClass.Attention => "attention",
        OperatorClass.Gemm => "gemm",
        OperatorClass.LmHead => "lm_head",
        OperatorClass.Normalization => "normalization",
        OperatorClass.Activation => "activation",
        OperatorClass.Elementwise => "elementwise",
        OperatorClass.Embedding => "embedding",
        OperatorClass.Memory => "memory",
        OperatorClass.Sampling => "sampling",
        OperatorClass.Other => "other",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Unknown operator class."),
    };
}
