using System.Diagnostics.CodeAnalysis;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Observation;

/// <summary>The sensors' latest values for heartbeats. It has sensors of its own, since some give the change since they were last read.</summary>
/// <param name="sensors">The sensors; owned from here on.</param>
internal sealed class SensorGauges(SensorSet sensors) : IGaugeSource, IDisposable
{
    /// <summary>Those of this machine.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The gauges own their sensors.")]
    public static SensorGauges OfMachine() => new(SensorSet.OfMachine(SystemTree.Machine));

    public void Read(IDictionary<string, double> gauges)
    {
        foreach (var sensor in sensors.Sensors)
        {
            try
            {
                gauges[sensor.Name.Label.Length == 0 ? sensor.Name.Metric : $"{sensor.Name.Metric}/{sensor.Name.Label}"] = SensorSet.ReadPlausible(sensor);
            }
            catch (SensorException)
            {
                // As the contract says: what cannot be read now is left out.
            }
        }
    }

    public void Dispose() => sensors.Dispose();
}
