namespace EdgeFleet.Agent.Telemetry.Nvidia;

/// <summary>Sensors of NVIDIA's GPUs through NVML.</summary>
/// <param name="name">Name or path of the library.</param>
internal sealed class NvmlSource(string name) : ISensorSource
{
    private const string Source = "nvml";
    private const double Milli = 1e-3;
    private const double Percent = 0.01;
    private const double Mega = 1e6;
    private NvmlLibrary? library;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        try
        {
            library = NvmlLibrary.Open(name);
            var opened = library;
            return [.. opened.Devices().SelectMany((device, index) => Sensors(opened, device, $"gpu{index}"))];
        }
        catch (SensorException exception)
        {
            missing.Add(new UnavailableSensor(new SensorName(Metrics.PowerWatts, Source, "gpu"), exception.Message));
            return [];
        }
    }

    public void Dispose() => library?.Dispose();

    private static IEnumerable<ISensor> Sensors(NvmlLibrary nvml, nint device, string label)
    {
        ISensor Sensor(string metric, string suffix, double unit, Func<nint, double> read) =>
            new DerivedSensor(new SensorName(metric, Source, label + suffix), unit, () => read(device) * unit);
        yield return Sensor(Metrics.PowerWatts, "", Milli, nvml.PowerMilliwatts);
        yield return Sensor(Metrics.EnergyJoules, "", Milli, nvml.EnergyMillijoules);
        yield return Sensor(Metrics.UtilizationRatio, "", Percent, nvml.UtilizationPercent);
        yield return Sensor(Metrics.MemoryUsedBytes, "", 1, nvml.MemoryUsedBytes);
        yield return Sensor(Metrics.ClockHertz, "", Mega, handle => nvml.ClockMegahertz(handle, NvmlLibrary.Multiprocessors));
        yield return Sensor(Metrics.ClockHertz, " memory", Mega, handle => nvml.ClockMegahertz(handle, NvmlLibrary.MemoryClock));
        yield return Sensor(Metrics.ThrottleReasons, "", 1, nvml.ThrottleReasons);
        yield return Sensor(Metrics.TemperatureCelsius, "", 1, nvml.Temperature);
    }
}
