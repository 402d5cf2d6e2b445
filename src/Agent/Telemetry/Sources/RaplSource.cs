namespace EdgeFleet.Agent.Telemetry.Sources;

/// <summary>Energy counters of x86 processors (Documentation/power/powercap/powercap.rst). They wrap around; this source counts on.</summary>
internal sealed class RaplSource(SystemTree tree) : ISensorSource
{
    private const double Microjoule = 1e-6;
    private const string Root = "/sys/class/powercap";

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var sensors = new List<ISensor>();

        // intel-rapl:0 is a package, intel-rapl:0:1 a domain within it (dram); the same counters again under intel-rapl-mmio are left out.
        foreach (var domain in tree.Directories(Root, "intel-rapl:*"))
        {
            var label = tree.TryText(domain + "/name") is { Length: > 0 } name ? name : Path.GetFileName(domain);
            var inner = Path.GetFileName(domain).Count(letter => letter == ':') > 1;
            if (inner) label = $"{Path.GetFileName(domain)["intel-rapl:".Length..].Split(':')[0]} {label}";
            sensors.Add(new DerivedSensor(new SensorName(Metrics.EnergyJoules, "rapl", label), Microjoule, new Counter(tree, domain).Read));
        }

        if (sensors.Count == 0)
        {
            missing.Add(new UnavailableSensor(new SensorName(Metrics.EnergyJoules, "rapl", ""), $"{Root} has no intel-rapl domain (usual in virtual machines)"));
        }

        return sensors;
    }

    public void Dispose()
    {
    }

    private sealed class Counter(SystemTree tree, string domain)
    {
        private long? last;
        private double total;

        public double Read()
        {
            var now = tree.Number(domain + "/energy_uj");
            var step = now - (last ?? now);
            if (step < 0) step += tree.Number(domain + "/max_energy_range_uj") + 1;
            if (step < 0) throw new SensorException($"{domain} went back by more than its range");
            last = now;
            total += step * Microjoule;
            return total;
        }
    }
}
