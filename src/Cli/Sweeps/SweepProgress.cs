using System.Globalization;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeFleet.Cli.Sweeps;

/// <summary>How far a sweep is, for people.</summary>
internal static class SweepProgress
{
    private const int MostDevices = 12;
    private const int MostDevicesInLine = 4;
    private const int BarWidth = 30;

    /// <summary>One line.</summary>
    public static string Line(SweepUpdate update)
    {
        var counts = update.Sweep.Counts;
        var active = string.Join("; ", update.Active.Take(MostDevicesInLine).Select(a => $"{Show.Id(a.DeviceId)} {What(a)} {Phase(a)}".TrimEnd()));
        return $"{Ended(counts)}/{counts.Total} ended, {counts.Failed} failed{Halted(update.Sweep)}  {active}".TrimEnd();
    }

    /// <summary>Some lines that are drawn in place: a bar, then what each device does.</summary>
    /// <param name="update">The sweep.</param>
    /// <param name="now">Wall clock, for the time that is left.</param>
    /// <param name="note">Further words, or none.</param>
    public static IRenderable Panel(SweepUpdate update, DateTimeOffset now, string note)
    {
        var counts = update.Sweep.Counts;
        var ended = Ended(counts);
        var full = counts.Total == 0 ? BarWidth : (int)(BarWidth * (long)ended / counts.Total);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{new string('#', full)}{new string('-', BarWidth - full)} {ended}/{counts.Total} ended, {counts.Failed} failed{Halted(update.Sweep)}{Left(update.Sweep, now)}  {note}");
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "", "");
        foreach (var a in update.Active.Take(MostDevices)) table.AddRow(new Text(Show.Id(a.DeviceId)), new Text(What(a)), new Text($"repeat {a.Repeat + 1}"), new Text(Phase(a)));
        return new Rows(new Text(head), table);
    }

    /// <summary>Time that is left at the pace so far; none before the first performed run has ended.</summary>
    public static TimeSpan? Remaining(Sweep sweep, DateTimeOffset now)
    {
        var counts = sweep.Counts;
        var performed = counts.Completed - counts.Reused + counts.Failed + counts.OutOfMemory;
        var open = counts.Queued + counts.Issued;
        if (performed == 0 || open == 0 || sweep.State != SweepState.Running) return null;
        return (now - DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(sweep.CreatedUnixNs / 100)) * ((double)open / performed);
    }

    private static uint Ended(RunCounts counts) => counts.Total - counts.Queued - counts.Issued;

    // Runs on devices go on after their sweep was paused or cancelled.
    private static string Halted(Sweep sweep) => sweep.State is SweepState.Running or SweepState.Finished ? "" : ", " + sweep.State.ToString().ToLowerInvariant();

    private static string Left(Sweep sweep, DateTimeOffset now) => Remaining(sweep, now) is { } left && left > TimeSpan.Zero ? $", about {Show.Duration(left.TotalNanoseconds)} left" : "";

    private static string What(ActiveRun run) => string.Create(CultureInfo.InvariantCulture, $"{run.Scenario.Model} {Show.Name(run.Scenario.Precision)} {run.Scenario.ContextTokens}");

    private static string Phase(ActiveRun run) => run.Progress is not { } p ? ""
        : p.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{p.Phase} {p.Done}/{p.Total}") : p.Phase;
}
