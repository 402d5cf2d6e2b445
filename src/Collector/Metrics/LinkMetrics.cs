using System.Diagnostics.Metrics;

namespace EdgeFleet.Collector.Metrics;

/// <summary>What happens to agents' streams.</summary>
internal sealed class LinkMetrics
{
    private readonly Counter<long> connected;
    private readonly Counter<long> refused;
    private readonly Counter<long> lost;

    /// <summary>Makes the instruments.</summary>
    public LinkMetrics(IMeterFactory meters, MeterNames names)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = meters.Create(names.Collector);
#pragma warning restore CA2000
        connected = meter.CreateCounter<long>("edgefleet_links", description: "Streams of agents that were accepted.");
        refused = meter.CreateCounter<long>("edgefleet_links_refused", description: "Streams of agents that were refused, by reason.");
        lost = meter.CreateCounter<long>("edgefleet_links_lost", description: "Streams of agents that broke, by reason.");
    }

    /// <summary>A stream was accepted.</summary>
    public void Connected() => connected.Add(1);

    /// <summary>A stream was refused.</summary>
    public void Refused(string reason) => refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>A stream broke.</summary>
    public void Lost(string reason) => lost.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
