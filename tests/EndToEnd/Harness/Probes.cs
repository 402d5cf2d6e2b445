using EdgeFleet.Agent.Probes;
using EdgeFleet.Agent.Worker;
using Serilog.Core;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>What the machine can do, as the agents' programs find it.</summary>
internal static class Probes
{
    /// <summary>How this program's agents start workers.</summary>
    public static WorkerLaunch Launch { get; } = new() { Command = [Programs.Agent] };

    /// <summary>Probes into a file that state directories may start with.</summary>
    public static async Task<string> MakeAsync()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("edgefleet-probes-").FullName, "probes");
        var probes = new MachineProbes(path, null, Launch, Logger.None);
        await probes.LoadAsync(CancellationToken.None);
        await probes.LimitsAsync(probes.Packs[0], 0, CancellationToken.None);
        return path;
    }
}
