using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;
using Spectre.Console;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet devices</c>.</summary>
internal static class DevicesCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var list = List(common);
        return new Command("devices", "List and change devices; without a command it lists them.") { list, ShowOne(common), Label(common), Drain(common), Adopt(common), Forget(common) }.DefaultingTo(list);
    }

    private static Command List(CommonOptions common)
    {
        var selector = new Option<string>("--selector", "-l") { Description = "Label selector, e.g. 'class=orin,!laptop'.", DefaultValueFactory = _ => "" };
        var command = new Command("list", "List devices.") { selector };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var all = new ListDevicesResponse();
            string token = "";
            do
            {
                var page = await connection.Fleet.ListDevicesAsync(new ListDevicesRequest { Selector = parsed.GetValue(selector) ?? "", PageSize = 1000, PageToken = token }, cancellationToken: cancellation);
                all.Devices.Add(page.Devices);
                token = page.NextPageToken;
            }
            while (token.Length > 0);
            common.Printer(parsed).Table(all, ["device", "state", "class", "agent", "labels", "queued", "spooled", "last seen"], all.Devices.Select(d => new[]
            {
                Show.Id(d.DeviceId), StateOf(d), d.Inventory.TryGetValue("hardware_class", out var kind) ? kind : "-", d.AgentVersion, Labels(d), $"{d.QueuedRuns}", $"{d.Spool?.Spooled ?? 0}", Show.Instant(d.LastSeenUnixNs),
            }));
        });
        return command;
    }

    private static Command ShowOne(CommonOptions common)
    {
        var id = new Argument<string>("device") { Description = "Id, or its first characters." };
        var command = new Command("show", "Show one device.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.GetDeviceAsync(new GetDeviceRequest { DeviceId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Label(CommonOptions common)
    {
        var id = new Argument<string>("device") { Description = "Id, or its first characters." };
        var labels = new Argument<string[]>("labels") { Description = "KEY=VALUE ...; replaces the labels that operators gave before.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("label", "Give labels to a device.") { id, labels };
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = new SetDeviceLabelsRequest { DeviceId = parsed.GetRequiredValue(id) };
            foreach (var label in parsed.GetValue(labels) ?? [])
            {
                var equals = label.IndexOf('=', StringComparison.Ordinal);
                if (equals < 1) throw new FormatException($"'{label}' is not a label; write KEY=VALUE.");
                request.Labels[label[..equals]] = label[(equals + 1)..];
            }

            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.SetDeviceLabelsAsync(request, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Drain(CommonOptions common)
    {
        var id = new Argument<string>("device") { Description = "Id, or its first characters." };
        var reason = new Option<string>("--reason") { Description = "Why, for the agent's log.", DefaultValueFactory = _ => "" };
        var command = new Command("drain", "Let the device's agent finish its run, take nothing new, deliver and leave.") { id, reason };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.DrainDeviceAsync(new DrainDeviceRequest { DeviceId = parsed.GetRequiredValue(id), Reason = parsed.GetValue(reason) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Adopt(CommonOptions common)
    {
        var id = new Argument<string>("device") { Description = "Id, or its first characters." };
        var command = new Command("adopt", "Accept a device whose hardware changed.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.AdoptDeviceAsync(new AdoptDeviceRequest { DeviceId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Forget(CommonOptions common)
    {
        var id = new Argument<string>("device") { Description = "Id, or its first characters." };
        var command = new Command("forget", "Remove a device that is not connected; its results stay.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var response = await connection.Fleet.ForgetDeviceAsync(new ForgetDeviceRequest { DeviceId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation);
            common.Printer(parsed).Write(response, console => AnsiConsoleExtensions.WriteLine(console, "removed"));
        });
        return command;
    }

    private static void Print(Printer printer, Device device) => printer.Table(device, ["", ""],
    [
        ["device", device.DeviceId], ["state", StateOf(device)], ["labels", Labels(device)], ["agent", device.AgentVersion],
        ["first seen", Show.Instant(device.FirstSeenUnixNs)], ["last seen", Show.Instant(device.LastSeenUnixNs)],
        ["clock", device.ClockErrorNs == 0 ? "not measured" : $"{Show.Number(device.ClockOffsetNs * 1e-9)} s +- {Show.Number(device.ClockErrorNs * 1e-9)} s"],
        ["runs", $"{device.QueuedRuns} queued{(device.CurrentRunId.Length > 0 ? ", performs " + Show.Id(device.CurrentRunId) : "")}"],
        ["spool", $"{device.Spool?.Produced ?? 0} produced = {device.Spool?.Acknowledged ?? 0} acknowledged + {device.Spool?.Spooled ?? 0} spooled + {device.Spool?.Dropped.Values.Aggregate(0ul, (a, b) => a + b) ?? 0} dropped"],
        .. device.Capabilities.Select(c => new[] { Show.Name(c.Provider), c.Available ? string.Join(", ", c.RuntimePackIds) : "unavailable: " + c.Reason }),
        .. device.Inventory.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new[] { p.Key, p.Value }),
        .. device.Gauges.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new[] { p.Key, Show.Number(p.Value) }),
    ]);

    private static string StateOf(Device device) => device.Quarantined ? "quarantined" : device.Draining ? "draining" : device.Online ? (device.CurrentRunId.Length > 0 ? "busy" : "idle") : "offline";

    private static string Labels(Device device) => string.Join(' ', device.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
}
