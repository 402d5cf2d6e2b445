using Orleans.Concurrency;

namespace EdgeFleet.Collector.Devices;

/// <summary>
/// One per device: whether it is connected, what it performs, and who may speak to it. Keeps nothing durable: after an activation the database says what was
/// issued. Messages of the contract travel serialised.
/// </summary>
internal interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>A stream wants to be the device's.</summary>
    /// <param name="session">Identity of the stream.</param>
    /// <param name="hello">Its first message.</param>
    /// <param name="link">Where messages to the device go.</param>
    /// <returns>Null when it is, else why not.</returns>
    Task<string?> Attach(Guid session, byte[] hello, ILink link);

    /// <summary>A stream ended.</summary>
    Task Detach(Guid session);

    /// <summary>A message came over a stream.</summary>
    /// <param name="session">Identity of the stream.</param>
    /// <param name="message">The message.</param>
    /// <param name="clock">Offset and error of the device's clock, where the message gave them.</param>
    Task Receive(Guid session, byte[] message, (long OffsetNs, long ErrorNs)? clock);

    /// <summary>Something about the device's runs changed: look again.</summary>
    [OneWay]
    Task Wake();

    /// <summary>Cancels a run, if the device performs it.</summary>
    Task Cancel(string runId, uint attempt, string reason);

    /// <summary>Asks the agent to finish what it performs and to leave; it gets nothing more over this stream.</summary>
    /// <returns>False when no stream is attached.</returns>
    Task<bool> Drain(string reason);

    /// <summary>Sends the schedules, if the device has others.</summary>
    [OneWay]
    Task OfferConfiguration();

    /// <summary>An operator accepted the device's fingerprint.</summary>
    Task Adopted();

    /// <summary>Whether a stream is attached.</summary>
    Task<bool> IsOnline();
}
