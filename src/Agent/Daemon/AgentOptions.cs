using System.Collections.Immutable;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Daemon;

/// <summary>How an agent is run.</summary>
internal sealed record AgentOptions
{
    /// <summary>The collector.</summary>
    public required JoinAddress Join { get; init; }

    /// <summary>Everything that the agent keeps; one agent per directory.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Directory of the artifact cache.</summary>
    /// <value><c>cache</c> in the state directory.</value>
    public string? CacheDirectory { get; init; }

    /// <summary>Directory whose subdirectories are runtime packs: native code that may be loaded beside the bundled one.</summary>
    /// <value>None.</value>
    public string? RuntimePacks { get; init; }

    /// <summary>Labels of the device.</summary>
    /// <value>None.</value>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Most bytes of cached artifacts.</summary>
    /// <value>32 GiB.</value>
    public long CacheBytes { get; init; } = 32L << 30;

    /// <summary>Bounds of the spool.</summary>
    /// <value>1 GiB, 30 days, the oldest goes first.</value>
    public SpoolOptions Spool { get; init; } = new();

    /// <summary>How long the run in progress may go on after a signal to stop.</summary>
    /// <value>30 s.</value>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The link's delays.</summary>
    /// <value>1 s to 60 s.</value>
    public LinkOptions Link { get; init; } = new();

    /// <summary>What is watched around each run.</summary>
    /// <value>Sensors every 100 ms, and the noise reference.</value>
    public ObservationOptions Observation { get; init; } = new();

    /// <summary>How workers are started.</summary>
    /// <value>This program.</value>
    public WorkerLaunch Worker { get; init; } = WorkerLaunch.Self;
}
