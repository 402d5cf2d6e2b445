namespace EdgeFleet.Models.Onnx;

/// <summary>Facts about ONNX element types.</summary>
internal static class OnnxElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this OnnxElementType type) => type switch
    {
        OnnxElementType.Float32 or OnnxElementType.Int32 => 4,
        OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
        OnnxElementType.Int64 => 8,
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Boolean => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type has no fixed size."),
    };

    /// <summary>The name that manifests use.</summary>
    public static string ManifestName(this OnnxElementType type) => type switch
    {
        OnnxElementType.Float32 => "float32",
        OnnxElementType.Float16 => "float16",
        OnnxElementType.BFloat16 => "bfloat16",
        OnnxElementType.Int32 => "int32",
        OnnxElementType.Int64 => "int64",
        OnnxElementType.Int8 => "int8",
        OnnxElementType.UInt8 => "uint8",
        OnnxElementType.Boolean => "bool",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type has no name in manifests."),
    };
}
