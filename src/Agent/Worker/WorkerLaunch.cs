using System.Collections.Immutable;

namespace EdgeFleet.Agent.Worker;

/// <summary>How a worker is started.</summary>
internal sealed record WorkerLaunch
{
    /// <summary>Program and leading arguments; <c>worker --socket PATH --parent PID</c> is appended.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>Time that a started worker has to connect.</summary>
    /// <value>Default 60 s: a cold start from a slow SD card.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between asking a worker to stop and killing it.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most memory of a worker, enforced by a control group; null for no limit.</summary>
    /// <value>Default none.</value>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>This very program.</summary>
    public static WorkerLaunch Self { get; } = new()
    {
        Command = [Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known, so no worker can be started.")],
    };
}
