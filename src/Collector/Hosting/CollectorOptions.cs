namespace EdgeFleet.Collector.Hosting;

/// <summary>How a collector is run. Every value has a default but the directory.</summary>
public sealed record CollectorOptions
{
    /// <summary>Directory that holds everything the collector keeps. One collector per directory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>TLS port of everything.</summary>
    /// <value>7443. 0 takes a free one.</value>
    public int Port { get; init; } = 7443;

    /// <summary>Address to listen on.</summary>
    /// <value><c>0.0.0.0</c>.</value>
    public string Listen { get; init; } = "0.0.0.0";

    /// <summary>Name or address under which agents reach this machine, for the join string.</summary>
    /// <value>The machine's host name.</value>
    public string? PublicHost { get; init; }

    /// <summary>Directory of catalogue entries that go beyond, or replace, the built-in ones; devices are sent them with their runs.</summary>
    /// <value>None.</value>
    public string? ModelsDirectory { get; init; }

    /// <summary>How often both ends of a link send a sign of life; three intervals of silence end it.</summary>
    /// <value>10 s.</value>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Added to a run's timeout before the collector counts it as lost: fetching, gates and delivery.</summary>
    /// <value>15 min.</value>
    public TimeSpan DeliveryGrace { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often deadlines, schedules and sweeps are looked at.</summary>
    /// <value>1 s.</value>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Most runs of one sweep, whatever the request says.</summary>
    /// <value>100,000.</value>
    public int MaximumRunsPerSweep { get; init; } = 100_000;

    /// <summary>Age after which traces are removed; results stay.</summary>
    /// <value>180 days.</value>
    public TimeSpan TraceRetention { get; init; } = TimeSpan.FromDays(180);

    /// <summary>Bytes of traces above which the oldest are removed before their time.</summary>
    /// <value>64 GiB.</value>
    public long TraceBytesBound { get; init; } = 64L << 30;

    /// <summary>How long <c>edgefleet_device_up</c> stays at 0 after a device is gone.</summary>
    /// <value>7 days.</value>
    public TimeSpan DeviceMetricRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a stopping collector waits for calls that are under way.</summary>
    /// <value>10 s.</value>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
