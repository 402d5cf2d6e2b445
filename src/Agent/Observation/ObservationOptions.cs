using System.Collections.Immutable;

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

    /// <summary>Findings that make a run count in no statistic, so that it is repeated.</summary>
    /// <value>Default none.</value>
    public ImmutableHashSet<string> Invalidating { get; init; } = [];

    /// <summary>How often an invalidated run is repeated.</summary>
    /// <value>Default 2.</value>
    public int Retries { get; init; } = 2;
}
