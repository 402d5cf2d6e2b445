using System.Globalization;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Agent.Output;

/// <summary>A table of details below the results, for people.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Header">Headings.</param>
/// <param name="Rows">Cells.</param>
/// <param name="TextColumns">Leading columns that are text; the others are numbers and stand to the right.</param>
internal sealed record DetailTable(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows, int TextColumns)
{
    private const double Mebibyte = 1048576;
    private const int LongestShapes = 60;

    /// <summary>The tables of results that are asked for and not empty.</summary>
    public static IEnumerable<DetailTable> Of(IReadOnlyList<BenchRow> rows, Details details)
    {
        if (details.HasFlag(Details.Memory) && rows.Any(row => row.Memory is not null)) yield return Memory([.. rows.Where(row => row.Memory is not null)]);
        if (details.HasFlag(Details.Energy) && rows.Any(row => row.Runs.Any(run => run.Energy.Count > 0))) yield return Energy(rows);
        foreach (var row in rows.Where(row => row.OperatorTypes.Count > 0))
        {
            foreach (var phase in row.OperatorTypes.GroupBy(type => type.Phase))
            {
                var title = $"{row.Model} {row.Precision} context {row.Context} depth {row.Depth}, {phase.Key}: {Cost(row, phase.Key)}";
                if (details.HasFlag(Details.Classes)) yield return Grouped(title, "class", phase, type => type.Class);
                if (details.HasFlag(Details.Paper)) yield return Grouped(title, "class of arXiv 2507.12442", phase, type => type.PaperClass);
                if (details.HasFlag(Details.Operators)) yield return Operators(title, phase);
            }
        }
    }

    private static DetailTable Memory(BenchRow[] rows)
    {
        string[] kinds = [.. rows.SelectMany(row => row.Memory!.States).Select(state => state.Kind).Distinct()];
        return new DetailTable(
            "Memory in MiB: computed / measured, and what is only measured",
            ["model", "precision", "logits", "context", "weights", .. kinds, "activations", "runtime", "peak"],
            [
                .. rows.Select(IReadOnlyList<string> (row) =>
                [
                    row.Model, row.Precision, row.Logits, $"{row.Context}", Pair(row.Memory!.WeightsBytes, row.Memory.WeightsHeldBytes),
                    .. kinds.Select(kind => row.Memory.States.FirstOrDefault(state => state.Kind == kind) is { } state ? Pair(state.ComputedBytes, state.AllocatedBytes) : "-"),
                    Mebibytes(row.Memory.ActivationsBytes), Mebibytes(row.Memory.RuntimeBytes), Mebibytes(row.Memory.PeakBytes),
                ]),
            ],
            TextColumns: 3);
    }

    private static DetailTable Energy(IReadOnlyList<BenchRow> rows) => new(
        "Energy in J: medians over the valid repeats, ± half of the 95 % interval from sampling and resolution",
        ["model", "precision", "phase", "source", "context", "gross", "net of idle", "gross / token", "net / token"],
        [
            .. from row in rows
               from phase in row.Runs.Where(run => run.InvalidatedBy.Length == 0).SelectMany(run => run.Energy).GroupBy(energy => energy.Phase)
               let measured = phase.Where(energy => energy.GrossJoules is not null).ToArray()
               let last = measured.LastOrDefault() ?? phase.Last()
               select (IReadOnlyList<string>)
               [
                   row.Model, row.Precision, phase.Key, measured.Length == 0 ? $"unavailable: {last.Unavailable}" : $"{last.Source} {last.Rail}", $"{row.Context}",
                   Joules(measured, energy => energy.GrossJoules, energy => energy.UncertaintyJoules), Joules(measured, energy => energy.NetJoules),
                   Joules(measured, energy => energy.GrossJoulesPerToken, energy => energy.UncertaintyJoulesPerToken), Joules(measured, energy => energy.NetJoulesPerToken),
               ],
        ],
        TextColumns: 4);

    private static string Joules(IEnumerable<EnergyRow> measured, Func<EnergyRow, double?> value, Func<EnergyRow, double?>? uncertainty = null)
    {
        double[] values = [.. measured.Select(value).OfType<double>()];
        if (values.Length == 0) return "-";
        var median = Number(Quantile.Median(values), "G4");
        return uncertainty is null ? median : $"{median} ± {Number(Quantile.Median([.. measured.Select(uncertainty).OfType<double>()]), "G2")}";
    }

    private static DetailTable Grouped(string title, string heading, IEnumerable<OperatorTypeRow> types, Func<OperatorTypeRow, string> group) => new(
        title,
        [heading, "operators", "nodes", "count", "ms", "share"],
        [
            .. types.GroupBy(group).OrderByDescending(same => same.Sum(type => type.Milliseconds)).Select(IReadOnlyList<string> (same) =>
            [
                same.Key, string.Join(' ', same.Select(type => type.Operator).Distinct()), $"{same.Sum(type => type.Nodes)}", $"{same.Sum(type => type.Count)}",
                Number(same.Sum(type => type.Milliseconds), "0.000"), Number(same.Sum(type => type.Share) * 100, "0.0") + " %",
            ]),
        ],
        TextColumns: 2);

    private static DetailTable Operators(string title, IEnumerable<OperatorTypeRow> types) => new(
        title,
        ["operator", "class", "shapes of the longest", "nodes", "count", "ms", "share"],
        [
            .. types.Select(IReadOnlyList<string> (type) =>
                [type.Operator, type.Class, Cut(type.Shapes), $"{type.Nodes}", $"{type.Count}", Number(type.Milliseconds, "0.000"), Number(type.Share * 100, "0.0") + " %"]),
        ],
        TextColumns: 3);

    /// <summary>What the profile itself cost, and how much of the time is in no operator; on a GPU for how long it was busy.</summary>
    private static string Cost(BenchRow row, string phase)
    {
        if (row.DeviceTimes.FirstOrDefault(time => time.Phase == phase) is { } device)
        {
            return string.Create(CultureInfo.InvariantCulture, $"GPU busy {device.BusyMilliseconds:0.###} ms{(phase == "decode" ? " a step" : "")}");
        }

        return row.ProfiledPhases.FirstOrDefault(profiled => profiled.Phase == phase) is not { } cost ? "no more is known" : string.Create(
            CultureInfo.InvariantCulture,
            $"{cost.Runs} run{(cost.Runs == 1 ? "" : "s")} of {cost.Executions / Math.Max(1, cost.Runs)} nodes; {cost.NodeMilliseconds:0.0} of {cost.RunMilliseconds:0.0} ms in nodes; profiling added {cost.OverheadMicrosecondsPerNode:0.0} us per node");
    }

    private static string Cut(string shapes) => shapes.Length <= LongestShapes ? shapes : shapes[..LongestShapes] + "...";

    private static string Pair(double computed, double measured) => $"{Mebibytes(computed)} / {Mebibytes(measured)}";

    private static string Mebibytes(double bytes) => Number(bytes / Mebibyte, "0.0");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
