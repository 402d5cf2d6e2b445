using Orleans.Concurrency;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>One per sweep: stop conditions, and ending it. Keeps nothing durable.</summary>
internal interface ISweepGrain : IGrainWithStringKey
{
    /// <summary>Runs of the sweep changed. Many such calls within a moment cost one look.</summary>
    [OneWay]
    Task Changed();

    /// <summary>Looks at once, and says whether the sweep is open.</summary>
    Task<bool> Look();

    /// <summary>Ends the sweep as cancelled.</summary>
    Task Cancel(string reason);

    /// <summary>Wakes all devices of the sweep.</summary>
    Task WakeDevices();
}
