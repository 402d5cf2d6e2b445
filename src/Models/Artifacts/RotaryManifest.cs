namespace EdgeFleet.Models.Artifacts;

/// <summary>A pair of rotary tables [positions, dimension / 2] that the host computes.</summary>
/// <param name="CosInput">Graph input of the cosines.</param>
/// <param name="SinInput">Graph input of the sines.</param>
/// <param name="Dimension">Rotated channels per head.</param>
/// <param name="Base">Base of the frequencies (<c>rope_theta</c>).</param>
/// <param name="Scaling">Scaling of the frequencies; null for none.</param>
public sealed record RotaryManifest(string CosInput, string SinInput, int Dimension, double Base, RotaryScalingManifest? Scaling);
