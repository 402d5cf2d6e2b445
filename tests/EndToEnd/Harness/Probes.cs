using EdgeFleet.Agent.Probes;
using EdgeFleet.Agent.Worker;
using Serilog.Core;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>What the machine can do, as the agents' programs find it.</summary>
internal static class Probes
{
    private static readonly Lazy<Task<string>> Made = new(MakeAsync);

    /// <summary>How this program's agents start workers.</summary>
    public static WorkerLaunch Launch { get; } = new() { Command = [Programs.Agent] };

    /// <summary>A file that state directories may start with. Probing bandwidth and matrix rate takes seconds: once for all tests, which run on one machine.</summary>
    public static Task<string> FileAsync() => Made.Value;

    private static async Task<string> MakeAsync()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("edgefleet-probes-").FullName, "probes");
        var probes = new MachineProbes(path, null, Launch, Logger.None);
        await probes.LoadAsync(CancellationToken.None);
        await probes.LimitsAsync(probes.Packs[0], 0, CancellationToken.None);
        return path;
    }
}
