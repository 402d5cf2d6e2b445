namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>A call into ONNX Runtime failed.</summary>
/// <param name="code">Code of the status.</param>
/// <param name="detail">Message of the status.</param>
/// <param name="call">Name of the function, with what it was called for.</param>
public sealed class OnnxRuntimeException(OrtErrorCode code, string detail, string call) : Exception($"{call}: {detail} ({code})")
{
    /// <summary>Code of the status.</summary>
    public OrtErrorCode Code { get; } = code;

    /// <summary>The message of ONNX Runtime alone.</summary>
    public string Detail { get; } = detail;

    /// <summary>Name of the function, with what it was called for.</summary>
    public string Call { get; } = call;
}
