using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Results;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet results</c>.</summary>
internal static class ResultsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var show = ShowAll(common);
        return new Command("results", "Look at results, compare them, or take them elsewhere; without a command it shows them.") { show, CompareResultsCommand.Create(common), Export(common) }.DefaultingTo(show);
    }

    private static Command ShowAll(CommonOptions common)
    {
        var filter = new RunFilter();
        var command = new Command("show", "One row per device and scenario: medians over its repeats.");
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            ResultTable.Write(common.Printer(parsed), ScenarioResult.Of((await RunsCommand.AllAsync(connection, filter.Request(parsed), cancellation)).Runs));
        });
        return command;
    }

    private static Command Export(CommonOptions common)
    {
        var filter = new RunFilter();
        var format = new Option<string>("--format") { Description = "csv, jsonl or parquet.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "jsonl", "parquet");
        var file = new Option<string>("--file", "-f") { Description = "Where to; - is standard output.", DefaultValueFactory = _ => "-" };
        var command = new Command("export", "Write one row per ended run.") { format, file };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var all = await RunsCommand.AllAsync(connection, filter.Request(parsed), cancellation);
            var rows = all.Runs.Where(r => r.State == RunState.Ended).ToList();
            var path = parsed.GetRequiredValue(file);
            await using var stream = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
            switch (parsed.GetValue(format))
            {
                case "jsonl": await TextExport.JsonLinesAsync(rows, stream); break;
                case "parquet": await ParquetExport.WriteAsync(rows, stream); break;
                default: await TextExport.CsvAsync(rows, stream); break;
            }
        });
        return command;
    }
}
