namespace EdgeFleet.Models.Artifacts;

/// <summary>Precision of an artifact: the user's name for it and what it resolved to on the target.</summary>
/// <param name="Name"><c>fp32</c>, <c>fp16</c>, <c>bf16</c> or <c>int4</c>.</param>
/// <param name="Weights">Storage type of the projections, e.g. <c>int4</c>.</param>
/// <param name="Activations">Type of activations, e.g. <c>float32</c>.</param>
/// <param name="State">Type of the KV cache; recurrent state is always float32.</param>
public sealed record PrecisionManifest(string Name, string Weights, string Activations, string State);
