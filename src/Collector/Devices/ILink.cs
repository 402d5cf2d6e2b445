namespace EdgeFleet.Collector.Devices;

/// <summary>The collector's end of an agent's stream, wherever in the cluster it is.</summary>
internal interface ILink : IGrainObserver
{
    /// <summary>Sends a message of the contract, serialised.</summary>
    Task Send(byte[] message);
}
