using System.Text.Json.Serialization;

namespace EdgeFleet.Agent.Output;

/// <summary>JSON of the agent's outputs, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchRow))]
[JsonSerializable(typeof(Inspection))]
[JsonSerializable(typeof(VerificationRow))]
internal sealed partial class OutputJson : JsonSerializerContext;
