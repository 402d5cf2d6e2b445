namespace EdgeFleet.Collector.Metrics;

/// <summary>
/// Names of one collector's meters. A provider listens by name to the meters of the whole process, so that two collectors in one process (tests, <c>edgefleet up</c>)
/// need different ones; the names are not exported.
/// </summary>
internal sealed class MeterNames
{
    private readonly Guid instance = Guid.NewGuid();

    /// <summary>Meter of the collector itself.</summary>
    public string Collector => $"EdgeFleet.Collector.{instance:N}";

    /// <summary>Meter of series that come and go with devices.</summary>
    public string Fleet => $"EdgeFleet.Fleet.{instance:N}";
}
