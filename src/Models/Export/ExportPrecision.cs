namespace EdgeFleet.Models.Export;

/// <summary>Precision by the name that users give.</summary>
public enum ExportPrecision
{
    /// <summary><c>fp32</c>: everything float32.</summary>
    Float32,

    /// <summary><c>fp16</c>: weights, activations and KV cache float16, recurrent state float32. CUDA only.</summary>
    Float16,

    /// <summary>
    /// <c>bf16</c>: weights, activations and KV cache bfloat16, recurrent state float32. CUDA only. The range of float32 with 8 bits of significand:
    /// for models whose activations leave float16's.
    /// </summary>
    BFloat16,

    /// <summary><c>int4</c>: projections 4 bits in blocks of 32, head 8 bits; activations float32 on a CPU, float16 on CUDA.</summary>
    Int4,
}
