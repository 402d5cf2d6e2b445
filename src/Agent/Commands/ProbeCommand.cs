using System.CommandLine;
using System.Text.Json;
using EdgeFleet.Agent.Probes;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>probe</c>: what the machine can run on, as JSON; started by the agent alone.</summary>
internal static class ProbeCommand
{
    public static Command Create(AgentConsole console)
    {
        var packs = new Option<string?>("--packs");
        var limits = new Option<bool>("--limits");
        var threads = new Option<int>("--threads");
        var pack = new Option<string?>("--runtime-pack");
        var parent = new Option<int>("--parent") { Required = true };
        var command = new Command("probe", "Finds what this machine can run on.") { packs, limits, threads, pack, parent };
        command.Hidden = true;
        command.SetGuardedAction(console, ExitStatus.Failure, async (parsed, cancellation) =>
        {
            Posix.DieWithParent();
            if (Posix.ParentProcessId() != parsed.GetRequiredValue(parent)) return ExitStatus.Failure;
            await console.Out.WriteLineAsync(parsed.GetValue(limits)
                ? JsonSerializer.Serialize(PackProbe.Limits(parsed.GetValue(pack), parsed.GetValue(threads), cancellation), ProbeJson.Default.LimitsReport)
                : JsonSerializer.Serialize(PackProbe.Find(parsed.GetValue(packs), cancellation), ProbeJson.Default.ProbeReport));
            return ExitStatus.Success;
        });
        return command;
    }
}
