using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Warmup;

/// <summary>
/// Decides when a run is warm: until the times of the last iterations show no falling trend, within bounds (docs/measurement.md, warm-up).
/// </summary>
public sealed record WarmupPolicy
{
    /// <summary>Iterations that are always made.</summary>
    /// <value>Default 1.</value>
    public int MinimumIterations { get; init; } = 1;

    /// <summary>Iterations after which warm-up ends whatever the trend.</summary>
    /// <value>Default 15.</value>
    public int MaximumIterations { get; init; } = 15;

    /// <summary>Time after which no further iteration is started.</summary>
    /// <value>Default 3 s.</value>
    public TimeSpan MaximumTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Last iterations that the trend is sought in; fewer than 4 cannot be significant at 5 %.</summary>
    /// <value>Default 5.</value>
    public int Window { get; init; } = 5;

    /// <summary>A fall less likely than this by chance is a trend.</summary>
    /// <value>Default 0.05.</value>
    public double Significance { get; init; } = 0.05;

    /// <summary>A trend whose last value is within this share of the window's first is too small to wait for.</summary>
    /// <value>Default 0.01.</value>
    public double NegligibleFall { get; init; } = 0.01;

    /// <summary>Decides after an iteration.</summary>
    /// <param name="durations">Times of the iterations so far, in any unit.</param>
    /// <param name="elapsed">Time spent warming up.</param>
    public WarmupDecision Decide(ReadOnlySpan<double> durations, TimeSpan elapsed)
    {
        if (durations.Length < MinimumIterations) return WarmupDecision.Continue;
        if (durations.Length >= Math.Min(4, Window))
        {
            var window = durations[^Math.Min(Window, durations.Length)..];
            var negligible = window[^1] >= window[0] * (1 - NegligibleFall);
            if (negligible || MannKendall.ProbabilityOfFall(window) > Significance) return WarmupDecision.Flat;
        }

        return durations.Length >= MaximumIterations || elapsed >= MaximumTime ? WarmupDecision.Bounded : WarmupDecision.Continue;
    }
}
