namespace EdgeFleet.Models.Artifacts;

/// <summary>How a layer's sequence mixer is executed.</summary>
/// <param name="Layer">Decoder layer, from 0.</param>
/// <param name="Operator">Operator, with its domain.</param>
/// <param name="Route"><c>fused-custom</c>, <c>contrib</c>, <c>onnx-function</c>, <c>scan</c> or <c>loop</c>.</param>
public sealed record RouteManifest(int Layer, string Operator, string Route);
