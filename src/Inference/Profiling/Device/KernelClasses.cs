using System.Collections.Immutable;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>
/// Classes of operators by the names of their kernels: EdgeFleet's, ONNX Runtime's CUDA provider's, cuBLAS's, cuDNN's and TensorRT's.
/// </summary>
public static class KernelClasses
{
    // The first part that a name contains decides, so that special names stand before general ones.
    private static readonly ImmutableArray<(string Part, OperatorClass Class)> Rules =
    [
        .. new (OperatorClass Class, string Parts)[]
        {
            (OperatorClass.Sampling, "ArgMax TopK"),
            (OperatorClass.SsmScan, "SelectiveScan StateSpaceDual LinearAttention GatedDelta"),
            (OperatorClass.CausalConv, "CausalConv"),
            (OperatorClass.Normalization, "RmsNorm RMSNorm LayerNorm"),
            (
                OperatorClass.Attention,
                "flash Flash fmha Attention kernel_mha xqa sdpa lean_reduction RoPE Rotary PastKV NewToKV KVCache SequenceLength Seqlen softmax Softmax "
                + "UnpackQKV TransposeQKV AddBiasTranspose"),
            (OperatorClass.Gemm, "gemm Gemm GEMM gemv Gemv nvjet xmma splitK cublas cutlass MatMul Linear Dequantize"),
            (OperatorClass.Activation, "GatedActivation Gelu Sigmoid Tanh Relu Softplus Silu OP_Erf"),
            (OperatorClass.Memory, "memcpy memset Cast Gather Slice Concat Transpose transpose Copy Fill Expand Pad Split Scatter Range"),
            (OperatorClass.Elementwise, "ElementWise"),
        }.SelectMany(static entry => entry.Parts.Split(' ').Select(part => (part, entry.Class))),
    ];

    /// <summary>The class of a kernel; <see cref="OperatorClass.Other"/> for a name that no rule knows.</summary>
    /// <param name="name">Its full name: template arguments may decide.</param>
    public static OperatorClass Of(string name)
    {
        foreach (var (part, found) in Rules)
        {
            if (name.Contains(part, StringComparison.Ordinal))
            {
                return found;
            }
        }

        return OperatorClass.Other;
    }

    /// <summary>
    /// The classes of activities in the order of their starts. A kernel's name does not tell a head from another projection, nor the look-up
    /// of tokens from another: the head is the product between the last norm and the choice of the token, the look-up comes before the first norm.
    /// </summary>
    public static OperatorClass[] InOrder(ReadOnlySpan<DeviceActivity> activities)
    {
        var classes = new OperatorClass[activities.Length];
        var atStart = true;
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = Of(activities[i].Name);
            switch (classes[i])
            {
                case OperatorClass.Memory when atStart && activities[i].Name.Contains("Gather", StringComparison.Ordinal):
                    classes[i] = OperatorClass.Embedding;
                    break;
                case OperatorClass.Sampling:
                    for (var j = i - 1; j >= 0 && classes[j] is OperatorClass.Memory or OperatorClass.Gemm or OperatorClass.LmHead; j--)
                    {
                        classes[j] = classes[j] == OperatorClass.Gemm ? OperatorClass.LmHead : classes[j];
                    }

                    break;
                default:
                    break;
            }

            // Copies come before the first kernel of a run and behind its last.
            atStart = classes[i] == OperatorClass.Sampling || (atStart && classes[i] is OperatorClass.Memory or OperatorClass.Embedding);
        }

        return classes;
    }
}
