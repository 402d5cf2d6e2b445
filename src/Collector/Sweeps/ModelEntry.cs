namespace EdgeFleet.Collector.Sweeps;

/// <summary>A model that a sweep may name.</summary>
internal sealed record ModelEntry
{
    /// <summary>Catalogue name or the name in the artifact's manifest.</summary>
    public required string Name { get; init; }

    /// <summary><c>transformer</c>, <c>ssm</c> or <c>hybrid</c>.</summary>
    public required string Family { get; init; }

    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Id of the artifact; empty for catalogue entries, which devices build.</summary>
    public string ArtifactId { get; init; } = "";

    /// <summary>Provider that the artifact was built for; empty for catalogue entries.</summary>
    public string Target { get; init; } = "";

    /// <summary>Precision of the artifact; empty for catalogue entries.</summary>
    public string Precision { get; init; } = "";

    /// <summary>Where the artifact's weights came from; empty for catalogue entries.</summary>
    public string Weights { get; init; } = "";

    /// <summary>Parameters; 0 where not known.</summary>
    public long Parameters { get; init; }

    /// <summary>Size of the artifact's files; 0 for catalogue entries.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Whether all files of the artifact are there; true for catalogue entries.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>The catalogue entry's text; empty for artifacts.</summary>
    public string EntryJson { get; init; } = "";
}
