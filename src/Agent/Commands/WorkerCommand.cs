using System.CommandLine;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>worker</c>: one run in this process, told what to do over a socket; started by the agent alone.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var socket = new Option<string>("--socket") { Required = true };
        var parent = new Option<int>("--parent") { Required = true };
        var command = new Command("worker", "Performs one run for an agent.") { socket, parent };
        command.Hidden = true;
        command.SetAction((parsed, _) => new WorkerProgram(new ScenarioRunner()).RunAsync(parsed.GetRequiredValue(socket), parsed.GetRequiredValue(parent)));
        return command;
    }
}
