namespace EdgeFleet.Models.Weights;

/// <summary>Facts about element types.</summary>
public static class TensorElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this TensorElementType type) => type switch
    {
        TensorElementType.Float64 or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        TensorElementType.Float32 or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Int16 or TensorElementType.UInt16 => 2,
        TensorElementType.Float8 or TensorElementType.Boolean or TensorElementType.Int8 or TensorElementType.UInt8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    /// <summary>Whether tensors of this type can be read as weights.</summary>
    public static bool IsWeight(this TensorElementType type) =>
        type is TensorElementType.Float32 or TensorElementType.Float16 or TensorElementType.BFloat16;
}
