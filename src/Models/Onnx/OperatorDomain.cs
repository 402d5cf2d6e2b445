namespace EdgeFleet.Models.Onnx;

/// <summary>Operator domains and the versions that exported graphs import.</summary>
internal static class OperatorDomain
{
    /// <summary>The domain of standard ONNX.</summary>
    public const string Standard = "";

    /// <summary>ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>EdgeFleet's operators (docs/operators.md).</summary>
    public const string EdgeFleet = "edgefleet";

    /// <summary>Version of the standard operators; ONNX Runtime 1.23 knows it.</summary>
    public const int StandardVersion = 21;

    /// <summary>IR version that goes with <see cref="StandardVersion"/>.</summary>
    public const int IrVersion = 10;

    /// <summary>The domain as people write it.</summary>
    public static string Qualify(string domain, string operatorName) => domain.Length == 0 ? $"ai.onnx.{operatorName}" : $"{domain}.{operatorName}";
}
