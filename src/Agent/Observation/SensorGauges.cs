using System.Diagnostics.CodeAnalysis;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Observation;

/// <summary>
/// The sensors' latest values for heartbeats: what the collector exports (docs/metrics.md), and throttling as 0 or 1 whatever the sensor counts. It has sensors of its
/// own, since some give the change since they were last read.
/// </summary>
/// <param name="sensors">The sensors; owned from here on.</param>
internal sealed class SensorGauges(SensorSet sensors) : IGaugeSource, IDisposable
{
    private const string Throttled = "throttled";

    private readonly Dictionary<SensorName, double> events = [];

    /// <summary>Those of this machine.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The gauges own their sensors.")]
    public static SensorGauges OfMachine() => new(SensorSet.OfMachine(SystemTree.Machine));

    public void Read(IDictionary<string, double> gauges)
    {
        foreach (var sensor in sensors.Sensors)
        {
            try
            {
                if (Gauge(sensor) is var (metric, value)) gauges[$"{metric}/{Unit(sensor.Name)}"] = value;
            }
            catch (SensorException)
            {
                // As the contract says: what cannot be read now is left out.
            }
        }
    }

    public void Dispose() => sensors.Dispose();

    private (string Metric, double Value)? Gauge(ISensor sensor)
    {
        switch (sensor.Name.Metric)
        {
            case Metrics.PowerWatts or Metrics.TemperatureCelsius or Metrics.ClockHertz or Metrics.UtilizationRatio or Metrics.MemoryUsedBytes:
                return (sensor.Name.Metric, SensorSet.ReadPlausible(sensor));
            case Metrics.ThrottleReasons:
                return (Throttled, ThrottleReasons.HoldDown(SensorSet.ReadPlausible(sensor)) ? 1 : 0);
            case Metrics.ThrottleEvents:
                var count = SensorSet.ReadPlausible(sensor);
                var more = events.TryGetValue(sensor.Name, out var before) && count > before;
                events[sensor.Name] = count;
                return (Throttled, more ? 1 : 0);
            default:
                return null;
        }
    }

    private static string Unit(SensorName name) => name.Label.Length > 0 ? name.Label : "system";
}
