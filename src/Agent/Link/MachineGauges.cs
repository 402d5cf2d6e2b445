using System.Globalization;

namespace EdgeFleet.Agent.Link;

/// <summary>What every Linux machine tells: memory, processor use, temperatures, processor clock, free disk.</summary>
/// <param name="stateDirectory">Whose disk is looked at.</param>
/// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; <c>/</c> but in tests.</param>
internal sealed class MachineGauges(string stateDirectory, string root = "/") : IGaugeSource
{
    private const int MostZones = 12;
    private readonly DriveInfo disk = new(stateDirectory);
    private readonly (string Label, string File)[] zones = Zones(Path.Combine(root, "sys/class/thermal"));
    private readonly string clock = Path.Combine(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq");
    private (long Busy, long Total) before;

    /// <inheritdoc/>
    public void Read(IDictionary<string, double> gauges)
    {
        Memory(gauges);
        Processor(gauges);
        foreach (var (label, file) in zones)
        {
            if (Number(file) is { } millidegrees) gauges["temperature_celsius/" + label] = millidegrees / 1000.0;
        }

        if (Number(clock) is { } kilohertz) gauges["clock_hertz/cpu"] = kilohertz * 1000.0;
        gauges["disk_free_bytes"] = disk.AvailableFreeSpace;
    }

    private void Memory(IDictionary<string, double> gauges)
    {
        double? total = null;
        double? available = null;
        foreach (var line in File.ReadLines(Path.Combine(root, "proc/meminfo")))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal)) total = Kilobytes(line);
            else if (line.StartsWith("MemAvailable:", StringComparison.Ordinal)) available = Kilobytes(line);
            if (total is not { } all || available is not { } free) continue;
            gauges["memory_total_bytes/system"] = all;
            gauges["memory_used_bytes/system"] = all - free;
            return;
        }
    }

    // proc_stat(5): user nice system idle iowait irq softirq steal; guest time is in user already.
    private void Processor(IDictionary<string, double> gauges)
    {
        var line = File.ReadLines(Path.Combine(root, "proc/stat")).First();
        var times = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var now = (Busy: times.Sum() - times[3] - times[4], Total: times.Sum());
        if (before.Total > 0 && now.Total > before.Total) gauges["utilization_ratio/cpu"] = Math.Clamp((double)(now.Busy - before.Busy) / (now.Total - before.Total), 0, 1);
        before = now;
    }

    private static (string Label, string File)[] Zones(string directory) => !Directory.Exists(directory) ? [] :
    [
        .. Directory.EnumerateDirectories(directory, "thermal_zone*").Order(StringComparer.Ordinal).Take(MostZones)
            .Select(zone => (Type: Path.Combine(zone, "type"), Value: Path.Combine(zone, "temp"), Name: Path.GetFileName(zone)))
            .Where(zone => File.Exists(zone.Value))
            .Select(zone => (File.Exists(zone.Type) ? File.ReadAllText(zone.Type).Trim() : zone.Name, zone.Value)),
    ];

    private static double Kilobytes(string line) => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024.0;

    private static long? Number(string file)
    {
        try
        {
            return File.Exists(file) && long.TryParse(File.ReadAllText(file), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;
        }
        catch (IOException)
        {
            // A sensor that sleeps answers with an error (EAGAIN, ENODATA): there is no value now.
            return null;
        }
    }
}
