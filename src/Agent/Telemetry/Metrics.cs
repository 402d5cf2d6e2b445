namespace EdgeFleet.Agent.Telemetry;

/// <summary>Names of what sensors read, with the unit: what traces, gauges and documents call them.</summary>
internal static class Metrics
{
    public const string PowerWatts = "power_watts";

    /// <summary>A counter of energy: only differences mean something.</summary>
    public const string EnergyJoules = "energy_joules";

    public const string TemperatureCelsius = "temperature_celsius";
    public const string ClockHertz = "clock_hertz";
    public const string UtilizationRatio = "utilization_ratio";
    public const string MemoryUsedBytes = "memory_used_bytes";
    public const string MemoryAvailableBytes = "memory_available_bytes";
    public const string SwapUsedBytes = "swap_used_bytes";

    /// <summary>Share of the time since the last reading in which some task waited.</summary>
    public const string PressureRatio = "pressure_ratio";

    /// <summary>A counter of throttling events.</summary>
    public const string ThrottleEvents = "throttle_events";

    /// <summary>Bits of NVML's clock event reasons; 0 means that nothing holds the clocks down.</summary>
    public const string ThrottleReasons = "throttle_reasons";

    public const string FanRatio = "fan_ratio";
    public const string FanRevolutionsPerMinute = "fan_revolutions_per_minute";

    /// <summary>What a value can be at all; a sensor outside of it returns garbage.</summary>
    public static (double Low, double High) Plausible(string metric) => metric switch
    {
        PowerWatts => (0, 5_000),
        EnergyJoules => (0, 1e15),
        TemperatureCelsius => (-55, 175),
        ClockHertz => (0, 20e9),
        UtilizationRatio or PressureRatio or FanRatio => (0, 1),
        FanRevolutionsPerMinute => (0, 100_000),
        _ => (0, 1e18),
    };
}
