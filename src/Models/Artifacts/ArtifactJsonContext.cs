using System.Text.Json.Serialization;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Source-generated JSON contract of the manifest: snake-case names, every member required, nothing unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    Converters =
    [
        typeof(SnakeCaseEnumConverter<ModelFamily>), typeof(SnakeCaseEnumConverter<InputRole>),
        typeof(SnakeCaseEnumConverter<StateKind>), typeof(SnakeCaseEnumConverter<StateUpdate>),
    ])]
[JsonSerializable(typeof(ArtifactManifest))]
internal sealed partial class ArtifactJsonContext : JsonSerializerContext;
