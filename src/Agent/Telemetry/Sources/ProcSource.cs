using System.Diagnostics;
using System.Globalization;

namespace EdgeFleet.Agent.Telemetry.Sources;

/// <summary>Processor, memory and pressure as the kernel counts them (proc_stat(5), proc_meminfo(5), Documentation/accounting/psi.rst).</summary>
internal sealed class ProcSource(SystemTree tree) : ISensorSource
{
    private const double Kibi = 1024;
    private const double Microsecond = 1e-6;
    private const double Percent = 0.01;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var memory = new MemoryFields(tree);
        var sensors = new List<ISensor>
        {
            new DerivedSensor(new SensorName(Metrics.UtilizationRatio, "proc", "cpu"), Percent, new ProcessorShare(tree).Read),
            new DerivedSensor(new SensorName(Metrics.MemoryAvailableBytes, "proc", ""), Kibi, () => memory.Read("MemAvailable") * Kibi),
            new DerivedSensor(new SensorName(Metrics.MemoryUsedBytes, "proc", ""), Kibi, () => (memory.Read("MemTotal") - memory.Read("MemAvailable")) * Kibi),
            new DerivedSensor(new SensorName(Metrics.SwapUsedBytes, "proc", ""), Kibi, () => (memory.Read("SwapTotal") - memory.Read("SwapFree")) * Kibi),
        };
        foreach (var resource in (ReadOnlySpan<string>)["cpu", "memory", "io"])
        {
            sensors.Add(new DerivedSensor(new SensorName(Metrics.PressureRatio, "proc", resource), Microsecond, new PressureShare(tree, resource).Read));
        }

        return sensors;
    }

    public void Dispose()
    {
    }

    /// <summary>Fields of /proc/meminfo. One reading of the file, which takes the kernel a while to write, serves all sensors of a round.</summary>
    private sealed class MemoryFields(SystemTree tree)
    {
        // Far less than a sampling period, far more than a round takes.
        private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(5);

        private string[] lines = [];
        private long? readAt;

        public long Read(string name)
        {
            if (readAt is not { } at || Stopwatch.GetElapsedTime(at) > Round)
            {
                lines = tree.Text("/proc/meminfo").Split('\n');
                readAt = Stopwatch.GetTimestamp();
            }

            foreach (var line in lines)
            {
                if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length || line[name.Length] != ':') continue;
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var value, ..] && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)) return kilobytes;
                throw new SensorException($"/proc/meminfo has no number in '{line}'");
            }

            throw new SensorException($"/proc/meminfo has no field {name}");
        }
    }

    /// <summary>Busy time of all processors since the last reading over all time; since the start at the first.</summary>
    private sealed class ProcessorShare(SystemTree tree)
    {
        private (double Busy, double All) last;

        public double Read()
        {
            // cpu user nice system idle iowait irq softirq steal ...; guest times are within user and nice.
            var fields = tree.Text("/proc/stat").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not ["cpu", _, _, _, _, ..]) throw new SensorException("/proc/stat does not begin with the sum over processors");
            double all = 0;
            double idle = 0;
            for (var i = 1; i < Math.Min(fields.Length, 9); i++)
            {
                if (!long.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)) throw new SensorException($"/proc/stat holds '{fields[i]}', which is no number");
                all += ticks;
                if (i is 4 or 5) idle += ticks;
            }

            var now = (Busy: all - idle, All: all);
            var (busy, passed) = (now.Busy - last.Busy, now.All - last.All);
            last = now;
            return passed <= 0 ? 0 : Math.Clamp(busy / passed, 0, 1);
        }
    }

    /// <summary>Stalled time since the last reading over the time passed.</summary>
    private sealed class PressureShare(SystemTree tree, string resource)
    {
        private (double Stalled, long At)? last;

        public double Read()
        {
            var path = $"/proc/pressure/{resource}";
            var line = tree.Text(path).Split('\n')[0];
            var total = line.StartsWith("some ", StringComparison.Ordinal) ? line.Split(' ').FirstOrDefault(field => field.StartsWith("total=", StringComparison.Ordinal)) : null;
            if (total is null || !long.TryParse(total.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)) throw new SensorException($"{path} has no total");

            var now = (Stalled: microseconds * Microsecond, At: Stopwatch.GetTimestamp());
            var before = last ?? now;
            last = now;
            var passed = Stopwatch.GetElapsedTime(before.At, now.At).TotalSeconds;
            return passed <= 0 ? 0 : Math.Clamp((now.Stalled - before.Stalled) / passed, 0, 1);
        }
    }
}
