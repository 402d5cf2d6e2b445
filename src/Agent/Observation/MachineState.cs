using System.Globalization;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Observation;

/// <summary>What the machine is like right before a run.</summary>
/// <param name="BusyProcessors">Processors' worth of work that others did in the moment before.</param>
/// <param name="AvailableBytes">Memory that a new process could use.</param>
/// <param name="SwapUsedBytes">Swap space in use.</param>
/// <param name="OnBattery">Whether it runs on its battery; null where it has none.</param>
/// <param name="FreeDiskBytes">Free space where temporary files go.</param>
/// <param name="NeededBytes">What model and state will need at least.</param>
internal sealed record MachineState(double BusyProcessors, long AvailableBytes, long SwapUsedBytes, bool? OnBattery, long FreeDiskBytes, long NeededBytes)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    /// <summary>Watches the machine for a moment.</summary>
    public static async Task<MachineState> ReadAsync(SystemTree tree, long neededBytes, CancellationToken cancellation)
    {
        var before = Busy(tree);
        await Task.Delay(Window, cancellation);
        var after = Busy(tree);
        return new MachineState(
            after.All > before.All ? (after.Busy - before.Busy) / (after.All - before.All) * Environment.ProcessorCount : 0,
            Memory(tree, "MemAvailable"), Memory(tree, "SwapTotal") - Memory(tree, "SwapFree"), Battery(tree), new DriveInfo(Path.GetTempPath()).AvailableFreeSpace, neededBytes);
    }

    /// <summary>Whether a battery is being discharged (Documentation/ABI/testing/sysfs-class-power); null where there is none.</summary>
    public static bool? Battery(SystemTree tree)
    {
        bool? discharging = null;
        foreach (var supply in tree.Directories("/sys/class/power_supply", "*"))
        {
            // Batteries of mice and the like have the scope Device.
            if (tree.TryText(supply + "/type") != "Battery" || tree.TryText(supply + "/scope") == "Device") continue;
            discharging = discharging == true || tree.TryText(supply + "/status") == "Discharging";
        }

        return discharging;
    }

    private static (double Busy, double All) Busy(SystemTree tree)
    {
        var fields = (tree.TryText("/proc/stat") ?? "").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(field => double.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : 0).ToArray();
        return fields.Length < 5 ? (0, 0) : (fields.Sum() - fields[3] - fields[4], fields.Sum());
    }

    private static long Memory(SystemTree tree, string name) =>
        (tree.TryText("/proc/meminfo") ?? "").Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
}
