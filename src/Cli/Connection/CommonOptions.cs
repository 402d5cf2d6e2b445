using System.CommandLine;
using System.CommandLine.Help;
using EdgeFleet.Cli.Output;

namespace EdgeFleet.Cli.Connection;

/// <summary>Options that all commands have.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> collector = new("--collector")
    {
        Description = "Address of the collector (edgefleet://TOKEN@HOST:PORT#FINGERPRINT), or @FILE that holds it; default $EDGEFLEET_COLLECTOR.", Recursive = true,
    };

    private readonly Option<OutputFormat> output = new("--output", "-o") { Description = "table for people (the default), json for programs.", Recursive = true };

    /// <summary>Adds them to the root.</summary>
    public void AddTo(RootCommand root)
    {
        output.CompletionSources.Clear();
        output.CompletionSources.Add("table", "json");
        output.HelpName = "table|json";

        // Windows' spellings would stand among the completions of every command.
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Aliases.Remove("/h");
            help.Aliases.Remove("/?");
        }

        root.Options.Add(collector);
        root.Options.Add(output);
    }

    /// <summary>How answers are written.</summary>
    public Printer Printer(ParseResult parsed) => new(parsed.GetValue(output), parsed.InvocationConfiguration.Output);

    /// <summary>Host and port of the collector that was connected to last; null before.</summary>
    public string? Collector { get; private set; }

    /// <summary>Connects.</summary>
    public CollectorConnection Connect(ParseResult parsed)
    {
        var connection = CollectorConnection.Open(parsed.GetValue(collector) ?? Environment.GetEnvironmentVariable("EDGEFLEET_COLLECTOR"));
        Collector = connection.Place;
        return connection;
    }
}
