using System.Text.Json.Serialization;

namespace EdgeFleet.Agent.Probes;

/// <summary>JSON of the reports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProbeReport))]
[JsonSerializable(typeof(ProbeMemory))]
[JsonSerializable(typeof(LimitsReport))]
internal sealed partial class ProbeJson : JsonSerializerContext;
