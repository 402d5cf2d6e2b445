using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeFleet.Agent.Probes;

/// <summary>What this machine can run on, found by a process of its own: the daemon never loads ONNX Runtime.</summary>
/// <param name="Packs">Runtime packs that load, the bundled one first.</param>
/// <param name="Problems">Packs that do not, with the reason.</param>
internal sealed record ProbeReport(ImmutableArray<PackReport> Packs, ImmutableArray<string> Problems);

/// <summary>A runtime pack.</summary>
/// <param name="Id">SHA-256 of its manifest, or <c>bundled-VERSION</c>.</param>
/// <param name="Directory">Where it lies; empty for the bundled one.</param>
/// <param name="Version">Version of ONNX Runtime.</param>
/// <param name="Providers">By name: empty where it can be used, else why not.</param>
internal sealed record PackReport(string Id, string Directory, string Version, ImmutableSortedDictionary<string, string> Providers);

/// <summary>A remembered report.</summary>
/// <param name="Key">What it was found for: programs and packs with their stamps.</param>
/// <param name="Report">The report.</param>
/// <param name="Limits">Machine limits by pack id and threads.</param>
internal sealed record ProbeMemory(string Key, ProbeReport? Report, ImmutableSortedDictionary<string, LimitsReport> Limits);

/// <summary>What memory and vector units can do at most; zero where it cannot be probed.</summary>
/// <param name="MemoryBytesPerSecond">Read bandwidth.</param>
/// <param name="MatrixFlopPerSecond">Matrix products.</param>
internal sealed record LimitsReport(double MemoryBytesPerSecond, double MatrixFlopPerSecond);

/// <summary>JSON of the reports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProbeReport))]
[JsonSerializable(typeof(ProbeMemory))]
[JsonSerializable(typeof(LimitsReport))]
internal sealed partial class ProbeJson : JsonSerializerContext;
