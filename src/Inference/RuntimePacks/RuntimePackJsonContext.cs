using System.Text.Json.Serialization;

namespace EdgeFleet.Inference.RuntimePacks;

/// <summary>Source-generated JSON contract of <c>pack.json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(RuntimePackManifest))]
internal sealed partial class RuntimePackJsonContext : JsonSerializerContext;
