using System.CommandLine;
using System.Globalization;
using EdgeFleet.Agent.Output;
using EdgeFleet.Models.Catalogue;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>models</c>: what is known by name.</summary>
internal static class ModelsCommand
{
    public static Command Create(AgentConsole console)
    {
        var command = new Command("models", "Lists the catalogue: models that can be measured by name alone, with random weights of their published shape.");
        command.SetGuardedAction(console, ExitStatus.Failure, (_, _) =>
        {
            var rows = ModelCatalogue.BuiltIn.Entries.Select(entry => (string[])
            [
                entry.Name,
                entry.Family.ToString().ToLowerInvariant(),
                (entry.Parameters / 1e6).ToString("0", CultureInfo.InvariantCulture),
                entry.Source,
                entry.Description,
            ]);
            PlainTable.Write(console.Out, ["name", "family", "M parameters", "source", "description"], [.. rows], rightAligned: [2]);
            return Task.FromResult(ExitStatus.Success);
        });
        return command;
    }
}
