using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>A run before it is stored.</summary>
internal sealed record PlannedRun
{
    /// <summary>UUID of version 5.</summary>
    public required string RunId { get; init; }

    /// <summary>The device.</summary>
    public required string DeviceId { get; init; }

    /// <summary>What to measure.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>Keys of the scenario.</summary>
    public required ScenarioKeys Keys { get; init; }

    /// <summary>Which repeat.</summary>
    public required uint Repeat { get; init; }

    /// <summary>Place in the device's order.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Why it ends at once as skipped; null to perform it.</summary>
    public required RunEnd? Skipped { get; init; }

    /// <summary>Key under which results are re-used.</summary>
    public required string ReuseKey { get; init; }
}
