namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>Operators that read quantised weights, each in its own layout.</summary>
internal enum QuantizedConsumer
{
    /// <summary><c>edgefleet.QuantizedLinear</c> and <c>edgefleet.QuantizedEmbedding</c> (docs/operators.md, Quantised weights).</summary>
    QuantizedLinear,

    /// <summary><c>com.microsoft.MatMulNBits</c>: unsigned, zero point in the middle.</summary>
    MatMulNBits,
}
