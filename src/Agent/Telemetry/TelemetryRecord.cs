using System.Collections.Immutable;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>What a sampler read, and how regularly. Intervals in seconds.</summary>
internal sealed record TelemetryRecord
{
    public required ImmutableArray<SampledSeries> Series { get; init; }

    /// <summary>Time between two readings that was asked for.</summary>
    public required TimeSpan Period { get; init; }

    public required double MedianInterval { get; init; }

    /// <summary>99 % of the intervals are shorter.</summary>
    public required double Interval99 { get; init; }

    public required double LongestInterval { get; init; }

    public required int Readings { get; init; }

    /// <summary>Intervals longer than one and a half periods.</summary>
    public required int Late { get; init; }

    /// <summary>Share of the time that was spent reading.</summary>
    public required double BusyShare { get; init; }

    /// <summary>Where the sampler ran.</summary>
    public required string Placement { get; init; }

    /// <summary>Whether samples were dropped to keep within the bound.</summary>
    public required bool Thinned { get; init; }
}
