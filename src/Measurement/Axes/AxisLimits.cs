namespace EdgeFleet.Measurement.Axes;

/// <summary>What values an axis may take.</summary>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
/// <param name="MaximumCount">Most values that one text may expand to; default 1000.</param>
public sealed record AxisLimits(int Minimum, int Maximum, int MaximumCount = 1000)
{
    /// <summary>Prompt lengths: 1 to 16 Mi tokens.</summary>
    public static AxisLimits Context { get; } = new(1, 1 << 24);

    /// <summary>Tokens already in the state: 0 to 16 Mi.</summary>
    public static AxisLimits Depth { get; } = new(0, 1 << 24);

    /// <summary>Generated tokens: 0 (prefill only) to 1 Mi.</summary>
    public static AxisLimits Decode { get; } = new(0, 1 << 20);

    /// <summary>Sequences in step: 1 to 4096.</summary>
    public static AxisLimits Batch { get; } = new(1, 4096);

    /// <summary>Threads: 0 (the device's choice) to 1024.</summary>
    public static AxisLimits Threads { get; } = new(0, 1024);

    /// <summary>Tokens of a prefill chunk: 0 (one piece) to 16 Mi.</summary>
    public static AxisLimits Chunk { get; } = new(0, 1 << 24);
}
