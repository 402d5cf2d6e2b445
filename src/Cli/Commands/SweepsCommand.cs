using System.CommandLine;
using System.Globalization;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Cli.Results;
using EdgeFleet.Cli.Sweeps;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet sweeps</c>.</summary>
internal static class SweepsCommand
{
    private const int LargestPage = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var list = List(common);
        return new Command("sweeps", "Launch and follow sweeps; without a command it lists them.")
        {
            CreateOne(common), list, ShowOne(common), Watch(common), Change(common, "pause", "Issue no more runs."), Change(common, "resume", "Go on with a paused sweep."), Cancel(common), Compare(common),
        }.DefaultingTo(list);
    }

    private static Command CreateOne(CommonOptions common)
    {
        var source = new SweepSource();
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what it would do, and launch nothing." };
        var most = new Option<ulong>("--max-runs") { Description = "Refuse more runs than this; default 10,000." };
        var watch = new Option<bool>("--watch", "-w") { Description = "Follow it to its end." };
        var command = new Command("create", "Launch a sweep.") { dryRun, most, watch };
        source.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var printer = common.Printer(parsed);
            var request = new CreateSweepRequest { Document = await source.ReadAsync(parsed, cancellation), MaxRuns = parsed.GetValue(most) };
            var plan = await connection.Fleet.PlanSweepAsync(request, cancellationToken: cancellation);
            if (parsed.GetValue(dryRun))
            {
                printer.Table(plan, ["device", "connected", "runs", "skipped"], plan.Devices.Select(d => new[] { Show.Id(d.DeviceId), d.Online ? "yes" : "no", $"{d.Runs}", string.Join(", ", d.Skipped.Select(s => $"{s.Value} {s.Key}")) }));
            }

            if (!printer.IsJson)
            {
                foreach (var warning in plan.Warnings) await printer.Writer.WriteLineAsync("note: " + warning);
                await printer.Writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{plan.Runs} runs: {plan.Scenarios} scenarios x {plan.Definition.Repeats} repeats on {plan.Devices.Count} devices{(plan.Reused > 0 ? $"; {plan.Reused} re-used" : "")}"));
            }

            if (parsed.GetValue(dryRun)) return 0;
            var sweep = await connection.Fleet.CreateSweepAsync(request, cancellationToken: cancellation);
            if (parsed.GetValue(watch)) return await FollowAsync(connection, printer, sweep.SweepId, cancellation);
            Print(printer, sweep);
            return 0;
        });
        return command;
    }

    private static Command List(CommonOptions common)
    {
        var limit = new Option<int>("--limit") { Description = "Most sweeps to show.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--limit must be at least 1.");
        });
        var command = new Command("list", "List sweeps, the newest first.") { limit };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var response = new ListSweepsResponse();
            do
            {
                var request = new ListSweepsRequest { PageSize = (uint)Math.Min(parsed.GetValue(limit) - response.Sweeps.Count, LargestPage), PageToken = response.NextPageToken };
                var page = await connection.Fleet.ListSweepsAsync(request, cancellationToken: cancellation);
                response.Sweeps.Add(page.Sweeps);
                response.NextPageToken = page.NextPageToken;
            }
            while (response.NextPageToken.Length > 0 && response.Sweeps.Count < parsed.GetValue(limit));
            common.Printer(parsed).Table(response, ["sweep", "name", "state", "ended", "failed", "devices", "launched"], response.Sweeps.Select(s => new[]
            {
                Show.Id(s.SweepId), s.Definition.Name, s.State.ToString().ToLowerInvariant(), $"{s.Counts.Total - s.Counts.Queued - s.Counts.Issued}/{s.Counts.Total}", $"{s.Counts.Failed}", $"{s.Devices}", Show.Instant(s.CreatedUnixNs),
            }));
        });
        return command;
    }

    private static Command ShowOne(CommonOptions common)
    {
        var id = Id();
        var command = new Command("show", "Show one sweep.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Watch(CommonOptions common)
    {
        var id = Id();
        var command = new Command("watch", "Follow a sweep to its end. Exits with 1 unless all its runs completed.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            return await FollowAsync(connection, common.Printer(parsed), parsed.GetRequiredValue(id), cancellation);
        });
        return command;
    }

    private static Command Change(CommonOptions common, string name, string description)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var sweep = name == "pause"
                ? await connection.Fleet.PauseSweepAsync(new PauseSweepRequest { SweepId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation)
                : await connection.Fleet.ResumeSweepAsync(new ResumeSweepRequest { SweepId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation);
            Print(common.Printer(parsed), sweep);
        });
        return command;
    }

    private static Command Cancel(CommonOptions common)
    {
        var id = Id();
        var reason = new Option<string>("--reason") { Description = "Why, for people.", DefaultValueFactory = _ => "" };
        var command = new Command("cancel", "End a sweep.") { id, reason };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            Print(common.Printer(parsed), await connection.Fleet.CancelSweepAsync(new CancelSweepRequest { SweepId = parsed.GetRequiredValue(id), Reason = parsed.GetValue(reason) }, cancellationToken: cancellation));
        });
        return command;
    }

    private static Command Compare(CommonOptions common)
    {
        var baseline = new Argument<string>("baseline") { Description = "Sweep that is compared with." };
        var candidate = new Argument<string>("candidate") { Description = "Sweep that is compared." };
        var metric = new Option<string>("--metric") { Description = "ttft, tpot or peak_memory.", DefaultValueFactory = _ => "ttft" };
        metric.AcceptOnlyFromAmong("ttft", "tpot", "peak_memory");
        var command = new Command("compare", "Compare two sweeps under like conditions.") { baseline, candidate, metric };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var request = new CompareRequest { BaselineSweepId = parsed.GetRequiredValue(baseline), CandidateSweepId = parsed.GetRequiredValue(candidate), Metric = parsed.GetValue(metric) };
            var response = await connection.Fleet.CompareAsync(request, cancellationToken: cancellation);
            common.Printer(parsed).Table(response, ["device", "model", "precision", "context", "verdict", "ratio", "95 %", ""], response.Rows.Select(r => new[]
            {
                Show.Id(r.DeviceId), r.Scenario.Model, Show.Name(r.Scenario.Precision), $"{r.Scenario.ContextTokens}", r.Verdict, r.Ratio == 0 ? "-" : Show.Number(r.Ratio),
                double.IsFinite(r.RatioLow) && r.RatioLow > 0 ? $"{Show.Number(r.RatioLow)} to {Show.Number(r.RatioHigh)}" : "-", r.Reason,
            }));
        });
        return command;
    }

    private static async Task<int> FollowAsync(CollectorConnection connection, Printer printer, string id, CancellationToken cancellation)
    {
        Sweep sweep;
        try
        {
            sweep = await new SweepFollower(connection, printer, TimeProvider.System).FollowAsync(id, cancellation);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"The sweep goes on: 'edgefleet sweeps watch {Show.Id(id)}' follows it again, 'edgefleet sweeps cancel {Show.Id(id)}' ends it.");
            throw;
        }

        if (!printer.IsJson)
        {
            Print(printer, sweep);
            ResultTable.Write(printer, await ScenarioResult.OfSweepAsync(connection, sweep.SweepId, cancellation));
        }

        return sweep.State == SweepState.Finished && sweep.Counts.Completed == sweep.Counts.Total ? 0 : 1;
    }

    private static void Print(Printer printer, Sweep sweep)
    {
        var counts = sweep.Counts;
        printer.Table(sweep, ["", ""],
        [
            ["sweep", sweep.SweepId], ["name", sweep.Definition.Name], ["state", sweep.State.ToString().ToLowerInvariant() + (sweep.Reason.Length > 0 ? $" ({sweep.Reason})" : "")],
            ["runs", $"{counts.Total}: {counts.Queued} queued, {counts.Issued} on devices, {counts.Completed} completed ({counts.Reused} re-used), {counts.Failed} failed, {counts.OutOfMemory} out of memory, {counts.Skipped} skipped, {counts.Cancelled} cancelled"],
            ["devices", $"{sweep.Devices}"], ["models", string.Join(", ", sweep.Definition.Models)], ["context", sweep.Definition.ContextAxis],
            ["launched", Show.Instant(sweep.CreatedUnixNs)], ["ended", Show.Instant(sweep.EndedUnixNs)],
        ]);
    }

    private static Argument<string> Id() => new("sweep") { Description = "Id, or its first characters." };
}
