using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Reports;
using EdgeFleet.Measurement.Results;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet results compare</c>: which model is best at which context length, from files of results.</summary>
internal static class CompareResultsCommand
{
    private const int Unlike = 2;

    public static Command Create(CommonOptions common)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "JSON Lines of 'edgefleet-agent bench --output jsonl' or 'edgefleet results export --format jsonl'; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var html = new Option<string?>("--html", "--report") { Description = "Also write a report with charts: one HTML file that needs nothing else.", HelpName = "FILE" };
        var ignore = new Option<string[]>("--ignore") { Description = "A condition that may differ, e.g. device_id; repeatable. The answer names it.", HelpName = "NAME" };
        var command = new Command("compare", "Rank models per context length, like with like: who is best where, where one overtakes another, how long a context fits.")
        {
            files, html, ignore,
        };
        command.SetAction(parsed =>
        {
            var results = new List<MeasuredResult>();
            foreach (var file in parsed.GetRequiredValue(files)) results.AddRange(Read(file));
            var answer = Answer.Of(results, parsed.GetValue(ignore) ?? []);
            var printer = common.Printer(parsed);
            if (printer.IsJson) printer.Writer.WriteLine(AnswerJson.Write(answer));
            else foreach (var line in AnswerText.Lines(answer)) printer.Writer.WriteLine(line);
            if (answer is not Answer.Given given) return Unlike;
            if (parsed.GetValue(html) is { } path) File.WriteAllText(path, HtmlReport.Write(given));
            return 0;
        });
        return command;
    }

    private static List<MeasuredResult> Read(string file)
    {
        if (file == "-") return [.. ResultLines.Read(Console.In, "standard input")];
        using var reader = new StreamReader(file);
        return [.. ResultLines.Read(reader, file)];
    }
}
