namespace EdgeFleet.Measurement.Warmup;

/// <summary>How many timed iterations a run makes.</summary>
public sealed record IterationPolicy
{
    /// <summary>Iterations that are always made.</summary>
    /// <value>Default 1.</value>
    public int MinimumIterations { get; init; } = 1;

    /// <summary>Most iterations.</summary>
    /// <value>Default 5.</value>
    public int MaximumIterations { get; init; } = 5;

    /// <summary>Timed seconds after which no further iteration is started.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan MaximumTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether to make another iteration.</summary>
    public bool Continue(int done, TimeSpan timed) => done < MinimumIterations || (done < MaximumIterations && timed < MaximumTime);
}
