using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Scaling of rotary frequencies as configs express it; unused members are null.</summary>
public sealed record RotaryScalingManifest
{
    /// <summary><c>linear</c>, <c>llama3</c>, <c>longrope</c>, <c>yarn</c>, <c>dynamic</c> or <c>proportional</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Extension factor.</summary>
    public double? Factor { get; init; }

    /// <summary>llama3: wavelengths longer than original context / this are scaled fully.</summary>
    public double? LowFrequencyFactor { get; init; }

    /// <summary>llama3: wavelengths shorter than original context / this are kept.</summary>
    public double? HighFrequencyFactor { get; init; }

    /// <summary>Context length before extension.</summary>
    public int? OriginalContext { get; init; }

    /// <summary>longrope: factor per frequency up to the original context.</summary>
    public ImmutableArray<double>? ShortFactors { get; init; }

    /// <summary>longrope: factor per frequency when the scenario's total length exceeds the original context.</summary>
    public ImmutableArray<double>? LongFactors { get; init; }

    /// <summary>Multiplier of cosines and sines; null computes it where the scaling defines one.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>yarn: pairs that turn more often than this over the original context are kept; null for 32.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BetaFast { get; init; }

    /// <summary>yarn: pairs that turn less often than this over the original context are scaled fully; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BetaSlow { get; init; }

    /// <summary>yarn: whether the ramp begins and ends at whole pairs; null for yes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Truncate { get; init; }

    /// <summary>proportional: share of the pairs that turn at all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RotatedShare { get; init; }
}
