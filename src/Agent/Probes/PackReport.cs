using System.Collections.Immutable;

namespace EdgeFleet.Agent.Probes;

/// <summary>A runtime pack.</summary>
/// <param name="Id">SHA-256 of its manifest, or <c>bundled-VERSION</c>.</param>
/// <param name="Directory">Where it lies; empty for the bundled one.</param>
/// <param name="Version">Version of ONNX Runtime.</param>
/// <param name="Providers">By name: empty where it can be used, else why not.</param>
internal sealed record PackReport(string Id, string Directory, string Version, ImmutableSortedDictionary<string, string> Providers);
