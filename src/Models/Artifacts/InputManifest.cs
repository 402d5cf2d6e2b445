namespace EdgeFleet.Models.Artifacts;

/// <summary>An input that is not a state.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Role">What the host must put there.</param>
/// <param name="Type">ONNX element type name: <c>int64</c>, <c>int32</c>, <c>float32</c>, <c>float16</c>, <c>bfloat16</c>.</param>
public sealed record InputManifest(string Name, InputRole Role, string Type);
