using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet schedules</c>.</summary>
internal static class SchedulesCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var list = List(common);
        return new Command("schedules", "Repeat sweeps; without a command it lists the schedules.")
        {
            CreateOne(common), list, ShowOne(common), Pause(common, "pause", true, "Stop firing."), Pause(common, "resume", false, "Fire again from the next occasion on."), Delete(common),
        }.DefaultingTo(list);
    }

    private static Command CreateOne(CommonOptions common)
    {
        var name = new Argument<string>("schedule") { Description = "Name." };
        var cron = new Option<string>("--cron") { Description = "Five fields, e.g. '0 2 * * *'.", Required = true };
        var zone = new Option<string>("--zone") { Description = "IANA time zone.", DefaultValueFactory = _ => "UTC" };
        var misfire = new Option<string>("--misfire") { Description = "Missed occasions: skip, or once for the latest within the grace time.", DefaultValueFactory = _ => "skip" };
        misfire.AcceptOnlyFromAmong("skip", "once");
        var source = new SweepSource();
        var command = new Command("create", "Add a schedule.") { name, cron, zone, misfire };
        source.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var request = new CreateScheduleRequest
            {
                Name = parsed.GetRequiredValue(name), Cron = parsed.GetRequiredValue(cron), Zone = parsed.GetRequiredValue(zone),
                Misfire = parsed.GetValue(misfire) == "once" ? MisfirePolicy.RunOnce : MisfirePolicy.Skip, Document = await source.ReadAsync(parsed, cancellation),
            };
            Print(common.Printer(parsed), await connection.Fleet.CreateScheduleAsync(request, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command List(CommonOptions common)
    {
        var command = new Command("list", "List schedules.");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var response = await connection.Fleet.ListSchedulesAsync(new ListSchedulesRequest(), cancellationToken: cancellation);
            common.Printer(parsed).Table(response, ["schedule", "cron", "zone", "next", "last", "missed", ""], response.Schedules.Select(s => new[]
            {
                s.Name, s.Cron, s.Zone, s.Paused ? "paused" : Show.Instant(s.NextFireUnixNs), Show.Instant(s.LastFireUnixNs), $"{s.Missed}", s.LastError,
            }));
        });
        return command;
    }

    private static Command ShowOne(CommonOptions common)
    {
        var id = Id();
        var command = new Command("show", "Show one schedule.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.GetScheduleAsync(new GetScheduleRequest { ScheduleId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Pause(CommonOptions common, string name, bool paused, string description)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.SetSchedulePausedAsync(new SetSchedulePausedRequest { ScheduleId = parsed.GetRequiredValue(id), Paused = paused }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Delete(CommonOptions common)
    {
        var id = Id();
        var command = new Command("delete", "Remove a schedule; its sweeps stay.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var response = await connection.Fleet.DeleteScheduleAsync(new DeleteScheduleRequest { ScheduleId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation);
            common.Printer(parsed).Write(response, console => Spectre.Console.AnsiConsoleExtensions.WriteLine(console, "removed"));
        });
        return command;
    }

    private static void Print(Printer printer, Schedule schedule) => printer.Table(schedule, ["", ""],
    [
        ["schedule", schedule.Name], ["id", schedule.ScheduleId], ["cron", $"{schedule.Cron} ({schedule.Zone})"], ["missed occasions", schedule.Misfire == MisfirePolicy.RunOnce ? "the latest is made up for" : "are left out"],
        ["next", schedule.Paused ? "paused" : Show.Instant(schedule.NextFireUnixNs)], ["last", $"{Show.Instant(schedule.LastFireUnixNs)} {Show.Id(schedule.LastSweepId)}"], ["missed", $"{schedule.Missed}"],
        ["error", schedule.LastError], ["models", string.Join(", ", schedule.Definition.Models)], ["context", schedule.Definition.ContextAxis],
    ]);

    private static Argument<string> Id() => new("schedule") { Description = "Name or id." };
}
