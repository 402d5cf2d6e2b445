namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Sizes and manifest names of <see cref="OrtElementType"/>.</summary>
public static class OrtElementTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentException">The type is undefined.</exception>
    public static int Bytes(this OrtElementType type) => type switch
    {
        OrtElementType.Float32 or OrtElementType.Int32 => 4,
        OrtElementType.Float16 or OrtElementType.BFloat16 => 2,
        OrtElementType.Int64 => 8,
        OrtElementType.Int8 or OrtElementType.UInt8 or OrtElementType.Bool => 1,
        _ => throw new ArgumentException($"Element type {type} has no size here.", nameof(type)),
    };

    /// <summary>The type that a manifest names.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static OrtElementType Parse(string name) => name switch
    {
        "float32" => OrtElementType.Float32,
        "float16" => OrtElementType.Float16,
        "bfloat16" => OrtElementType.BFloat16,
        "int64" => OrtElementType.Int64,
        "int32" => OrtElementType.Int32,
        "int8" => OrtElementType.Int8,
        "uint8" => OrtElementType.UInt8,
        "bool" => OrtElementType.Bool,
        _ => throw new ArgumentException(
            $"Unknown element type '{name}'; known are float32, float16, bfloat16, int64, int32, int8, uint8, bool.", nameof(name)),
    };
}
