namespace EdgeFleet.Agent.Telemetry;

/// <summary>What a sensor reads.</summary>
/// <param name="Metric">One of <see cref="Metrics"/>.</param>
/// <param name="Source">Where from: <c>ina3221</c>, <c>nvml</c>, <c>rapl</c>, <c>proc</c>, <c>cpufreq</c>, <c>thermal</c>, <c>hwmon</c>, <c>devfreq</c>, <c>soctherm</c>.</param>
/// <param name="Label">Rail, zone, core or device; empty where there is one.</param>
internal sealed record SensorName(string Metric, string Source, string Label)
{
    /// <summary>E.g. <c>power_watts from ina3221 (VDD_IN)</c>.</summary>
    public override string ToString() => Label.Length == 0 ? $"{Metric} from {Source}" : $"{Metric} from {Source} ({Label})";
}
