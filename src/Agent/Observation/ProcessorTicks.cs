using System.Globalization;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Observation;

/// <summary>Time of all processors since the machine started, in ticks (proc_stat(5)).</summary>
/// <param name="Busy">Not idle: user, nice, system, interrupts, and what a hypervisor took away.</param>
/// <param name="All">All.</param>
/// <param name="Processors">Processors of the machine, whatever this process may use.</param>
internal readonly record struct ProcessorTicks(double Busy, double All, int Processors)
{
    private const int Idle = 3;
    private const int WaitingForDisk = 4;
    private const int Kinds = 8;

    /// <summary>Reads them; zeros where they cannot be read.</summary>
    public static ProcessorTicks Read(SystemTree tree)
    {
        var lines = (tree.TryText("/proc/stat") ?? "").Split('\n');
        var fields = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Kinds)
            .Select(field => double.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : 0).ToArray();
        return fields.Length <= WaitingForDisk
            ? default
            : new ProcessorTicks(fields.Sum() - fields[Idle] - fields[WaitingForDisk], fields.Sum(), lines.Skip(1).Count(line => line.StartsWith("cpu", StringComparison.Ordinal)));
    }

    /// <summary>Processors' worth of busy time since an earlier reading.</summary>
    public double BusySince(ProcessorTicks earlier) => All > earlier.All ? (Busy - earlier.Busy) / (All - earlier.All) * Processors : 0;
}
