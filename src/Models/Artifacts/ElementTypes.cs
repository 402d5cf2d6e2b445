namespace EdgeFleet.Models.Artifacts;

/// <summary>Element types by the names that manifests use.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static int Bytes(string type) => type switch
    {
        "float32" or "int32" => 4,
        "float16" or "bfloat16" => 2,
        "int64" => 8,
        "int8" or "uint8" or "bool" => 1,
        _ => throw new ArgumentException($"Unknown element type '{type}'; known are float32, float16, bfloat16, int64, int32, int8, uint8, bool.", nameof(type)),
    };
}
