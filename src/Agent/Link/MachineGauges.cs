using EdgeFleet.Agent.Machine;

namespace EdgeFleet.Agent.Link;

/// <summary>What bounds the device beside its sensors: memory there is, and free disk.</summary>
/// <param name="stateDirectory">Whose disk is looked at.</param>
internal sealed class MachineGauges(string stateDirectory) : IGaugeSource
{
    private readonly DriveInfo disk = new(stateDirectory);
    private readonly long memory = MemoryInformation.Read().TotalBytes;

    /// <inheritdoc/>
    public void Read(IDictionary<string, double> gauges)
    {
        gauges["memory_total_bytes/system"] = memory;
        gauges["disk_free_bytes"] = disk.AvailableFreeSpace;
    }
}
