namespace EdgeFleet.Agent.Link;

/// <summary>Telemetry that goes with each heartbeat.</summary>
internal interface IGaugeSource
{
    /// <summary>Reads the latest values. Cheap: it is called every few seconds on an idle device.</summary>
    /// <param name="gauges">Where they go: <c>metric</c> or <c>metric/label</c>, in base units. What cannot be read is left out.</param>
    void Read(IDictionary<string, double> gauges);
}
