namespace EdgeFleet.Models.Architectures;

/// <summary>The RMS norm with a SiLU gate behind a Mamba-2 recurrence.</summary>
/// <param name="Groups">Groups of channels that are normalised on their own.</param>
/// <param name="Epsilon">Epsilon.</param>
/// <param name="IsBeforeGate">Whether the gate is applied after the norm rather than before.</param>
internal sealed record GatedNormBlock(int Groups, double Epsilon, bool IsBeforeGate);
