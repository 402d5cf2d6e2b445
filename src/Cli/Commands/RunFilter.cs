using System.CommandLine;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary>Which runs.</summary>
internal sealed class RunFilter
{
    private readonly Option<string> sweep = new("--sweep", "-s") { Description = "Of one sweep.", DefaultValueFactory = _ => "" };
    private readonly Option<string> device = new("--device", "-d") { Description = "Of one device.", DefaultValueFactory = _ => "" };
    private readonly Option<string> model = new("--model", "-m") { Description = "Of one model.", DefaultValueFactory = _ => "" };
    private readonly Option<string> outcome = new("--outcome") { Description = "With one outcome." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        outcome.AcceptOnlyFromAmong("completed", "failed", "out_of_memory", "skipped", "cancelled");
        foreach (var option in (Option<string>[])[sweep, device, model, outcome]) command.Options.Add(option);
    }

    /// <summary>The request.</summary>
    public ListRunsRequest Request(ParseResult parsed) => new()
    {
        SweepId = parsed.GetValue(sweep), DeviceId = parsed.GetValue(device), Model = parsed.GetValue(model),
        Outcome = parsed.GetValue(outcome) switch
        {
            "completed" => Outcome.Completed,
            "failed" => Outcome.Failed,
            "out_of_memory" => Outcome.OutOfMemory,
            "skipped" => Outcome.Skipped,
            "cancelled" => Outcome.Cancelled,
            _ => Outcome.Unspecified,
        },
    };
}
