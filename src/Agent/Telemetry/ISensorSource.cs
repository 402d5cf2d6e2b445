namespace EdgeFleet.Agent.Telemetry;

/// <summary>A place where sensors are found: a driver's directory, a library.</summary>
internal interface ISensorSource : IDisposable
{
    /// <summary>Looks for sensors. Nothing is claimed yet: <see cref="SensorSet.Probe"/> reads each before it counts.</summary>
    /// <param name="missing">Takes what this source should have on this machine and lacks, with the reason.</param>
    IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing);
}
