namespace EdgeFleet.Agent.Telemetry.Sources;

/// <summary>Thermal zones (Documentation/driver-api/thermal/sysfs-api.rst): on a Jetson cpu, gpu, soc and tj, on a desktop often x86_pkg_temp.</summary>
internal sealed class ThermalZoneSource(SystemTree tree) : ISensorSource
{
    private const double Millidegree = 1e-3;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing) =>
    [
        .. tree.Directories("/sys/class/thermal", "thermal_zone*").Select(zone => new FileSensor(
            tree, new SensorName(Metrics.TemperatureCelsius, "thermal", tree.TryText(zone + "/type") ?? Path.GetFileName(zone)), zone + "/temp", Millidegree)),
    ];

    public void Dispose()
    {
    }
}
