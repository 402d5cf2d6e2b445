using System.CommandLine;
using EdgeFleet.Cli.Output;

namespace EdgeFleet.Cli.Connection;

/// <summary>Options that all commands have.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> collector = new("--collector")
    {
        Description = "Address of the collector (edgefleet://TOKEN@HOST:PORT#FINGERPRINT), or @FILE that holds it; default $EDGEFLEET_COLLECTOR.", Recursive = true,
    };

    private readonly Option<OutputFormat> output = new("--output", "-o") { Description = "table for people, json for programs.", Recursive = true, DefaultValueFactory = _ => OutputFormat.Table };

    /// <summary>Adds them to the root.</summary>
    public void AddTo(RootCommand root)
    {
        root.Options.Add(collector);
        root.Options.Add(output);
    }

    /// <summary>How answers are written.</summary>
    public Printer Printer(ParseResult parsed) => new(parsed.GetValue(output), parsed.InvocationConfiguration.Output);

    /// <summary>Connects.</summary>
    public CollectorConnection Connect(ParseResult parsed) => CollectorConnection.Open(parsed.GetValue(collector) ?? Environment.GetEnvironmentVariable("EDGEFLEET_COLLECTOR"));
}
