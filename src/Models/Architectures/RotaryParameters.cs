using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Models.Architectures;

/// <summary>Rotary embedding as a configuration defines it.</summary>
/// <param name="Dimension">Rotated channels per head.</param>
/// <param name="Base">Base of the frequencies.</param>
/// <param name="Scaling">Scaling of the frequencies, or null.</param>
internal sealed record RotaryParameters(int Dimension, double Base, RotaryScalingManifest? Scaling);
