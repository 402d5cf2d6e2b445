using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet models</c>.</summary>
internal static class ModelsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var list = List(common);
        return new Command("models", "Look at the models that sweeps may name; without a command it lists them.") { list }.DefaultingTo(list);
    }

    private static Command List(CommonOptions common)
    {
        var command = new Command("list", "List catalogue entries and registered artifacts.");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var response = await connection.Fleet.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation);
            common.Printer(parsed).Table(response, ["model", "family", "source", "parameters", "target", "precision", "size", "artifact"], response.Models.Select(m => new[]
            {
                m.Name, m.Family, m.Complete ? m.Source : m.Source + " (files missing)", m.Parameters == 0 ? "-" : $"{Show.Number(m.Parameters / 1e6)} M", Dash(m.Target), Dash(m.Precision),
                m.SizeBytes == 0 ? "-" : Show.Bytes(m.SizeBytes), Dash(Show.Id(m.ArtifactId)),
            }));
        });
        return command;
    }

    private static string Dash(string text) => text.Length == 0 ? "-" : text;
}
