namespace EdgeFleet.Agent.Observation;

/// <summary>What is watched around a run.</summary>
internal sealed record ObservationOptions
{
    /// <summary>Time between two readings of the sensors; zero reads none.</summary>
    /// <value>Default 100 ms.</value>
    public TimeSpan Period { get; init; } = Telemetry.TelemetrySampler.DefaultPeriod;

    /// <summary>Whether the noise reference runs before and after.</summary>
    /// <value>Default true.</value>
    public bool Noise { get; init; } = true;
}
