using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>The sensors of a machine that were seen to give a plausible value, and those that were not with the reason.</summary>
internal sealed class SensorSet : IDisposable
{
    private readonly ImmutableArray<ISensorSource> sources;

    private SensorSet(ImmutableArray<ISensorSource> sources, ImmutableArray<ISensor> sensors, ImmutableArray<UnavailableSensor> unavailable)
    {
        this.sources = sources;
        Sensors = sensors;
        Unavailable = unavailable;
    }

    /// <summary>Sensors that work.</summary>
    public ImmutableArray<ISensor> Sensors { get; }

    /// <summary>Sensors that do not.</summary>
    public ImmutableArray<UnavailableSensor> Unavailable { get; }

    /// <summary>Finds the sensors of the machine whose /sys and /proc are below a root.</summary>
    /// <param name="tree">The files; a recorded or simulated tree stands for another machine, whose libraries are then not asked.</param>
    public static SensorSet OfMachine(SystemTree tree)
    {
        var sources = ImmutableArray.CreateBuilder<ISensorSource>();
        sources.Add(new Sources.ProcSource(tree));
        sources.Add(new Sources.CpuFrequencySource(tree));
        sources.Add(new Sources.ThermalZoneSource(tree));
        sources.Add(new Sources.HwmonSource(tree));
        if (Jetson.JetsonModule.Read(tree) is { } module)
        {
            sources.Add(new Jetson.Ina3221Source(tree, module));
            sources.Add(new Jetson.GpuDevfreqSource(tree));
            sources.Add(new Jetson.SocThermSource(tree));
        }
        else
        {
            if (tree.IsX86) sources.Add(new Sources.RaplSource(tree));

            // On a Jetson NVML starts and then answers "not supported" to nearly everything, so that its board has the sources above.
            if (tree.IsLive) sources.Add(new Nvidia.NvmlSource(Nvidia.NvmlLibrary.DefaultName));
        }

        return Probe(sources.ToImmutable());
    }

    /// <summary>Reads every sensor that the sources find; owns the sources from then on.</summary>
    public static SensorSet Probe(ImmutableArray<ISensorSource> sources)
    {
        var sensors = ImmutableArray.CreateBuilder<ISensor>();
        var unavailable = new List<UnavailableSensor>();
        foreach (var sensor in sources.SelectMany(source => source.Find(unavailable)))
        {
            try
            {
                _ = ReadPlausible(sensor);
                sensors.Add(sensor);
            }
            catch (SensorException exception)
            {
                unavailable.Add(new UnavailableSensor(sensor.Name, exception.Message));
            }
        }

        return new SensorSet(sources, sensors.ToImmutable(), [.. unavailable]);
    }

    /// <summary>Reads a sensor and refuses what cannot be.</summary>
    /// <exception cref="SensorException">There is no value, or an implausible one.</exception>
    public static double ReadPlausible(ISensor sensor)
    {
        var value = sensor.Read();
        var (low, high) = Metrics.Plausible(sensor.Name.Metric);
        return double.IsFinite(value) && value >= low && value <= high
            ? value
            : throw new SensorException(string.Create(CultureInfo.InvariantCulture, $"returned {value:R}, which is outside {low:R} to {high:R}"));
    }

    public void Dispose()
    {
        foreach (var source in sources) source.Dispose();
    }
}
