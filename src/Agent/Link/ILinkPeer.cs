using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Link;

/// <summary>What the link asks of the agent.</summary>
internal interface ILinkPeer
{
    /// <summary>The hello of a new stream.</summary>
    Hello Greet();

    /// <summary>The spool's level, for a heartbeat.</summary>
    SpoolLevel Level { get; }

    /// <summary>A message of the collector came. Called on the reading loop: must not wait for anything but the disk.</summary>
    void Receive(CollectorMessage message);

    /// <summary>The link is gone.</summary>
    /// <param name="heardUnixNs">When the collector was last heard of, by its clock as far as that is known.</param>
    /// <param name="offsetNs">This clock minus the collector's; null where it was not measured.</param>
    void Lost(long heardUnixNs, long? offsetNs);
}
