using System.Collections.Immutable;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Devices;

/// <summary>What the database knows of a device.</summary>
internal sealed record DeviceRow
{
    /// <summary>Its id.</summary>
    public required string DeviceId { get; init; }

    /// <summary>When it was first seen.</summary>
    public required long FirstSeenNs { get; init; }

    /// <summary>When it was last seen, to a minute.</summary>
    public required long LastSeenNs { get; init; }

    /// <summary>Its latest hello, without runs.</summary>
    public required Hello Hello { get; init; }

    /// <summary>Whether its fingerprint changed and was not adopted.</summary>
    public required bool Quarantined { get; init; }

    /// <summary>Labels that operators gave.</summary>
    public required ImmutableSortedDictionary<string, string> OperatorLabels { get; init; }

    /// <summary>Labels in effect.</summary>
    public ImmutableSortedDictionary<string, string> Labels => Hello.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(OperatorLabels);
}
