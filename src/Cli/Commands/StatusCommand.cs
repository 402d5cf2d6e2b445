using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet status</c>: the collector itself.</summary>
internal static class StatusCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var command = new Command("status", "Show the collector itself.");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var status = await connection.Fleet.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);
            common.Printer(parsed).Table(status, ["", ""],
            [
                ["collector", status.CollectorId], ["version", status.Version], ["started", Show.Instant(status.StartedUnixNs)],
                ["devices", $"{status.DevicesOnline} of {status.Devices} connected"], ["traces", $"{status.Traces}, {Show.Bytes(status.TraceBytes)}"],
                ["database", Show.Bytes(status.DatabaseBytes)], ["conflicts", $"{status.Conflicts}"],
            ]);
        });
        return command;
    }
}
