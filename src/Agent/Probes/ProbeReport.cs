using System.Collections.Immutable;

namespace EdgeFleet.Agent.Probes;

/// <summary>What this machine can run on, found by a process of its own: the daemon never loads ONNX Runtime.</summary>
/// <param name="Packs">Runtime packs that load, the bundled one first.</param>
/// <param name="Problems">Packs that do not, with the reason.</param>
internal sealed record ProbeReport(ImmutableArray<PackReport> Packs, ImmutableArray<string> Problems);
