namespace EdgeFleet.Collector.Metrics;

/// <summary>
/// Most series of each metric: what its table may hold times the values of the labels within (docs/metrics.md, cardinality). What would be more is left out and counted
/// here, before the SDK would fold it into an overflow series without labels.
/// </summary>
internal static class SeriesBounds
{
    /// <summary>Devices for which every series has room.</summary>
    public const int Devices = 5_000;

    /// <summary>Devices that are shown as present or gone.</summary>
    public const int ShownDevices = 20_000;

    /// <summary>Reasons for which a device may drop traces.</summary>
    public const int DropReasons = 8;

    /// <summary>Series of results, each of a device, model, precision, context and condition.</summary>
    public const int Results = 20_000;

    /// <summary>Sweeps that are shown.</summary>
    public const int Sweeps = 50;

    /// <summary>Kinds of state, whose memory is shown beside that of weights and activations.</summary>
    public static readonly string[] StateKinds = ["kv", "recurrent", "convolution"];

    /// <summary>Phases that have an energy.</summary>
    public static readonly string[] EnergyPhases = ["load", "prefill", "decode"];

    /// <summary>Sensors of one metric that one device may have.</summary>
    public const int SensorsPerDevice = 16;

    /// <summary>
    /// Telemetry that is exported, and how many sensors a device has on average at most: eight GPUs in one machine leave room as long as not all machines have them. A
    /// label after a slash becomes <c>sensor</c>.
    /// </summary>
    public static readonly (string Metric, int Sensors, string Description)[] Telemetry =
    [
        ("power_watts", 6, "Power by rail, as the agent read it last."),
        ("temperature_celsius", 10, "Temperature by zone, as the agent read it last."),
        ("clock_hertz", 5, "Clock by domain, as the agent read it last."),
        ("memory_used_bytes", 2, "Memory in use by kind, as the agent read it last."),
        ("memory_total_bytes", 1, "Memory there is by kind."),
        ("utilization_ratio", 3, "Busy share by unit, 0 to 1."),
        ("throttled", 4, "1 while the unit is throttled for its temperature or power."),
        ("disk_free_bytes", 1, "Free space of the agent's state directory."),
    ];

    private const int SweepStates = 7;

    /// <summary>The bound of a metric of devices, results or sweeps.</summary>
    /// <param name="instrument">Its instrument's name.</param>
    public static int Of(string instrument)
    {
        if (instrument.StartsWith("edgefleet_device_", StringComparison.Ordinal) && Array.Find(Telemetry, t => instrument == "edgefleet_device_" + t.Metric) is { Sensors: > 0 } telemetry)
        {
            return Devices * telemetry.Sensors;
        }

        return instrument switch
        {
            "edgefleet_traces_dropped" => Devices * DropReasons,
            "edgefleet_memory_bytes" => Results * (2 + StateKinds.Length),
            "edgefleet_energy_joules" => Results * EnergyPhases.Length,
            "edgefleet_sweep_runs" => Sweeps * SweepStates,
            _ => Math.Max(ShownDevices, Results),
        };
    }
}
