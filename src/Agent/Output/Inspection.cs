using System.Globalization;

namespace EdgeFleet.Agent.Output;

/// <summary>What a model is. Members that only an artifact knows are null for a checkpoint or a catalogue entry.</summary>
internal sealed record Inspection
{
    public required string Name { get; init; }

    /// <summary><c>artifact</c>, <c>checkpoint</c> or <c>catalogue</c>.</summary>
    public required string Kind { get; init; }

    public required string Architecture { get; init; }

    public required string Family { get; init; }

    public required long Parameters { get; init; }

    public required int Vocabulary { get; init; }

    public required int Layers { get; init; }

    public required int Hidden { get; init; }

    public required int? TrainedContext { get; init; }

    public required int? PositionLimit { get; init; }

    public string? ArtifactId { get; init; }

    public string? Target { get; init; }

    public string? Precision { get; init; }

    public string? ResolvedPrecision { get; init; }

    public string? Weights { get; init; }

    public long? FileBytes { get; init; }

    public long? WeightBytesPerStep { get; init; }

    public long? KvBytesPerToken { get; init; }

    public long? RecurrentBytesPerSequence { get; init; }

    public long? ConvolutionBytesPerSequence { get; init; }

    public long? FlopPerToken { get; init; }

    /// <summary>Layers by sequence mixer and its route.</summary>
    public IReadOnlyDictionary<string, int>? Mixers { get; init; }

    public string? Exporter { get; init; }

    /// <summary>For people; without what is not known.</summary>
    public IEnumerable<(string Name, string Value)> Lines()
    {
        (string Name, object? Value)[] all =
        [
            ("name", Name), ("kind", Kind), ("architecture", Architecture), ("family", Family), ("parameters", Parameters), ("vocabulary", Vocabulary),
            ("layers", Layers), ("hidden", Hidden), ("trained context", TrainedContext), ("position limit", PositionLimit), ("artifact", ArtifactId),
            ("target", Target), ("precision", Precision is null ? null : $"{Precision} ({ResolvedPrecision})"), ("weights", Weights), ("file bytes", FileBytes),
            ("weight bytes per decode step", WeightBytesPerStep), ("KV bytes per token", KvBytesPerToken), ("recurrent bytes per sequence", RecurrentBytesPerSequence),
            ("convolution bytes per sequence", ConvolutionBytesPerSequence), ("FLOP per prompt token", FlopPerToken), ("exporter", Exporter),
        ];
        foreach (var (name, value) in all)
        {
            if (value is not null) yield return (name, Convert.ToString(value, CultureInfo.InvariantCulture)!);
        }

        foreach (var (mixer, layers) in Mixers ?? new Dictionary<string, int>()) yield return ("mixer", $"{layers} x {mixer}");
    }
}
