namespace EdgeFleet.Agent.Telemetry.Sources;

/// <summary>Clocks of the processors by frequency domain, and how often they were throttled (Documentation/admin-guide/pm/cpufreq.rst).</summary>
internal sealed class CpuFrequencySource(SystemTree tree) : ISensorSource
{
    private const double Kilohertz = 1e3;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var policies = tree.Directories("/sys/devices/system/cpu/cpufreq", "policy*");
        if (policies.Count == 0)
        {
            missing.Add(new UnavailableSensor(new SensorName(Metrics.ClockHertz, "cpufreq", "cpu"), "the kernel exposes no frequency control (usual in virtual machines)"));
        }

        var sensors = policies.Select(ISensor (policy) => new FileSensor(
            tree, new SensorName(Metrics.ClockHertz, "cpufreq", "cpu" + policy[(policy.LastIndexOf("policy", StringComparison.Ordinal) + 6)..]), policy + "/scaling_cur_freq", Kilohertz)).ToList();

        // Intel counts throttling per core and package; one package counter is enough to see that it happened.
        const string throttle = "/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count";
        if (tree.Has(throttle)) sensors.Add(new FileSensor(tree, new SensorName(Metrics.ThrottleEvents, "cpufreq", "package"), throttle, 1));
        return sensors;
    }

    public void Dispose()
    {
    }
}
