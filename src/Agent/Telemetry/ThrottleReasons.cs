namespace EdgeFleet.Agent.Telemetry;

/// <summary>NVML's clock event reasons (nvml.h, nvmlClocksEventReason).</summary>
internal static class ThrottleReasons
{
    // Those that say that something else than the workload or the user holds clocks down: power cap, hardware slowdown, software and hardware thermal slowdown, power brake.
    private const long Held = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;

    /// <summary>Whether clocks are held down.</summary>
    /// <param name="reasons">The bits, as the sensor gives them.</param>
    public static bool HoldDown(double reasons) => ((long)reasons & Held) != 0;
}
