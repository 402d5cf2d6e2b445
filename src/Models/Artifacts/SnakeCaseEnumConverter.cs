using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Enumerations by their snake-case names; numbers are refused.</summary>
internal sealed class SnakeCaseEnumConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
