namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>Load and clock of a Jetson's GPU: devfreq's device with its per-mille <c>load</c> file (Jetson Linux Developer Guide, GPU frequency scaling).</summary>
internal sealed class GpuDevfreqSource(SystemTree tree) : ISensorSource
{
    private const string Root = "/sys/class/devfreq";
    private const double PerMille = 1e-3;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        // 17000000.gpu on Orin; 17000000.ga10b with JetPack 5.
        if (Device(tree) is not { } device)
        {
            missing.Add(new UnavailableSensor(new SensorName(Metrics.ClockHertz, "devfreq", "gpu"), $"{Root} has no device *.gpu or *.ga10b"));
            return [];
        }

        return
        [
            new FileSensor(tree, new SensorName(Metrics.ClockHertz, "devfreq", "gpu"), device + "/cur_freq", 1),
            new FileSensor(tree, new SensorName(Metrics.UtilizationRatio, "devfreq", "gpu"), device + "/device/load", PerMille),
        ];
    }

    /// <summary>The GPU's directory; null where there is none.</summary>
    public static string? Device(SystemTree tree) => tree.Directories(Root, "*.gpu").Concat(tree.Directories(Root, "*.ga10b")).FirstOrDefault();

    public void Dispose()
    {
    }
}
