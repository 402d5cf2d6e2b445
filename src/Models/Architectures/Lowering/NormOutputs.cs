using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Outputs of a normalisation over a residual stream.</summary>
/// <param name="Normalized">The normalised values.</param>
/// <param name="Sum">The stream itself, after the addition that the operator may have done.</param>
internal readonly record struct NormOutputs(GraphValue Normalized, GraphValue Sum);
