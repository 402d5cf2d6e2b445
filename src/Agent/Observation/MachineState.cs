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
/// <param name="GpuBusy">Share of the time in which the busiest GPU worked for others, at the end of the watch; null where no sensor tells.</param>
internal sealed record MachineState(double BusyProcessors, long AvailableBytes, long SwapUsedBytes, bool? OnBattery, long FreeDiskBytes, long NeededBytes, double? GpuBusy)
{
    /// <summary>Use of a GPU that is idle: what a desktop's picture takes.</summary>
    public const double GpuIdle = 0.05;

    private const int GpuWatches = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    /// <summary>Watches the machine for a moment. A GPU that is busy is given some seconds: its driver's figure covers up to one, in which a run may have ended.</summary>
    /// <param name="tree">The machine's files.</param>
    /// <param name="sensors">Its sensors.</param>
    /// <param name="neededBytes">What model and state will need at least.</param>
    /// <param name="cancellation">Ends the watch.</param>
    public static async Task<MachineState> ReadAsync(SystemTree tree, IReadOnlyList<ISensor> sensors, long neededBytes, CancellationToken cancellation)
    {
        var before = ProcessorTicks.Read(tree);
        await Task.Delay(Window, cancellation);
        var busy = ProcessorTicks.Read(tree).BusySince(before);
        var gpu = Gpu(sensors);
        for (var i = 0; i < GpuWatches && gpu > GpuIdle; i++)
        {
            await Task.Delay(Window, cancellation);
            gpu = Gpu(sensors);
        }

        return new MachineState(
            busy,
            Memory(tree, "MemAvailable"), Memory(tree, "SwapTotal") - Memory(tree, "SwapFree"), Battery(tree), FreeTemporarySpace(), neededBytes, gpu);
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

    /// <summary>Use of the busiest GPU; null where none can be read.</summary>
    public static double? Gpu(IEnumerable<ISensor> sensors)
    {
        double? busiest = null;
        foreach (var sensor in sensors.Where(sensor => sensor.Name is { Metric: Metrics.UtilizationRatio, Source: "nvml" or "devfreq" }))
        {
            try
            {
                busiest = Math.Max(busiest ?? 0, SensorSet.ReadPlausible(sensor));
            }
            catch (SensorException)
            {
                // It was read when it was claimed; a trace reports it as unavailable if it stays so.
            }
        }

        return busiest;
    }

    /// <summary>None where the directory of temporary files does not exist: the run that needs it will say so.</summary>
    private static long FreeTemporarySpace() => Directory.Exists(Path.GetTempPath()) ? new DriveInfo(Path.GetTempPath()).AvailableFreeSpace : 0;

    private static long Memory(SystemTree tree, string name) =>
        (tree.TryText("/proc/meminfo") ?? "").Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
}
