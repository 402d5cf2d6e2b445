using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Up;
using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet up</c>.</summary>
internal static class UpCommand
{
    /// <summary>Its name; it deals with signals itself.</summary>
    public const string Name = "up";

    private const int DefaultPort = 7443;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var data = new Option<string>("--data") { Description = "Directory of collector, agent and logs.", DefaultValueFactory = _ => UpDirectory.Default };
        var port = new Option<int>("--port") { Description = "The collector's port; 0 takes a free one.", DefaultValueFactory = _ => DefaultPort };
        var listen = new Option<string>("--listen") { Description = "Address to listen on; 127.0.0.1 keeps other machines out.", DefaultValueFactory = _ => "0.0.0.0" };
        var host = HostOption.Create();
        var once = new Option<bool>("--once") { Description = "Stop everything after the sweep; 0 only if all its runs completed." };
        var sweep = new Option<string?>("--sweep") { Description = "File with a sweep's definition to perform in place of the sample." };
        var models = new Option<string?>("--models") { Description = "Directory of further catalogue entries." };
        var command = new Command(Name, "Start a collector and an agent on this machine, perform a sample sweep, and go on until Ctrl-C.") { data, port, listen, host, once, sweep, models };
        command.SetAction(async (parsed, _) =>
        {
            var options = new UpOptions
            {
                Data = parsed.GetRequiredValue(data), Port = parsed.GetValue(port), Listen = parsed.GetRequiredValue(listen), Host = parsed.GetValue(host),
                Once = parsed.GetValue(once), SweepFile = parsed.GetValue(sweep), Models = parsed.GetValue(models),
            };
            using var session = new UpSession(options, common.Printer(parsed), TimeProvider.System);
            return await session.RunAsync();
        });
        return command;
    }
}
