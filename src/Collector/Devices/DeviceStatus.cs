using System.Collections.Immutable;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Devices;

/// <summary>What is known of a device at this moment and kept in memory only.</summary>
internal sealed record DeviceStatus
{
    /// <summary>Its id.</summary>
    public required string DeviceId { get; init; }

    /// <summary>How many devices the table had seen before it.</summary>
    public required long Number { get; init; }

    /// <summary>Whether an agent is connected.</summary>
    public bool Online { get; init; }

    /// <summary>Latest sign of life.</summary>
    public long LastSeenNs { get; init; }

    /// <summary>When it went away; 0 while it is connected.</summary>
    public long GoneNs { get; init; }

    /// <summary>Level of its spool.</summary>
    public SpoolLevel? Spool { get; init; }

    /// <summary>Latest telemetry, by name.</summary>
    public ImmutableSortedDictionary<string, double> Gauges { get; init; } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>Whether its agent was asked to leave.</summary>
    public bool Draining { get; init; }

    /// <summary>Run that it performs, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>How far that run is.</summary>
    public WorkerProgress? Progress { get; init; }

    /// <summary>Offset of its wall clock; null before it was measured.</summary>
    public (long OffsetNs, long ErrorNs)? Clock { get; init; }

    /// <summary>Version of its agent.</summary>
    public string AgentVersion { get; init; } = "";

    /// <summary>What the hardware is.</summary>
    public string HardwareClass { get; init; } = "";
}
