using System.CommandLine;
using System.Text.Json;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Output;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Import;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>inspect</c>: what a model is, without running it.</summary>
internal static class InspectCommand
{
    public static Command Create(AgentConsole console)
    {
        var model = new Argument<string>("MODEL") { Description = "Artifact or checkpoint directory, catalogue name or org/name." };
        var output = new Option<string>("--output", "-o") { Description = "table or json.", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        var command = new Command("inspect", "Shows dimensions, state bytes, operators and routes of a model.") { model, output };
        command.SetGuardedAction(console, ExitStatus.Failure, async (parsed, cancellation) =>
        {
            var inspection = Of(ModelOptions.Locate(parsed.GetRequiredValue(model)), cancellation);
            if (parsed.GetRequiredValue(output) == "json")
            {
                await console.Out.WriteLineAsync(JsonSerializer.Serialize(inspection, OutputJson.Default.Inspection));
            }
            else
            {
                PlainTable.Write(console.Out, ["what", "value"], [.. inspection.Lines().Select(line => (string[])[line.Name, line.Value])], rightAligned: []);
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static Inspection Of(ModelLocation location, CancellationToken cancellation)
    {
        switch (location)
        {
            case ModelLocation.Artifact(var directory):
                return Of(Artifact.Open(directory));
            case ModelLocation.Checkpoint(var directory, _):
                using (var checkpoint = CheckpointDirectory.Open(directory)) return Of(location.Name, "checkpoint", DecoderDescription.Of(checkpoint.Config));
            case ModelLocation.FromCatalogue(var entry):
                return Of(entry.Name, "catalogue", DecoderDescription.Of(entry.Config));
            case ModelLocation.Foreign(var directory):
                return Of(ForeignImporter.Import(directory, target: null, new FileHasher(new SessionHashMemory()), cancellation));
            default:
                throw new InvalidOperationException($"Unknown kind of location: {location}.");
        }
    }

    private static Inspection Of(string name, string kind, DecoderDescription description) => new()
    {
        Name = name,
        Kind = kind,
        Architecture = description.Architecture,
        Family = description.Family.ToString().ToLowerInvariant(),
        Parameters = description.Parameters,
        Vocabulary = description.Vocabulary,
        Layers = description.Layers,
        Hidden = description.Hidden,
        TrainedContext = description.TrainedContext,
        PositionLimit = description.PositionLimit,
    };

    private static Inspection Of(Artifact artifact)
    {
        var manifest = artifact.Manifest;
        var cost = manifest.Cost();
        return new Inspection
        {
            Name = manifest.Name,
            Kind = "artifact",
            Architecture = manifest.Architecture,
            Family = manifest.Family.ToString().ToLowerInvariant(),
            Parameters = manifest.Parameters,
            Vocabulary = manifest.Vocabulary,
            Layers = manifest.Layers,
            Hidden = manifest.Hidden,
            TrainedContext = manifest.TrainedContext,
            PositionLimit = manifest.PositionLimit,
            ArtifactId = artifact.Id,
            Target = manifest.Target,
            Precision = manifest.Precision.Name,
            ResolvedPrecision = $"{manifest.Precision.Weights}/{manifest.Precision.Activations}/{manifest.Precision.State}",
            Weights = manifest.Weights.Source,
            FileBytes = manifest.Files.Sum(file => file.Bytes),
            WeightBytesPerStep = cost.WeightBytesPerStep,
            KvBytesPerToken = cost.KvBytesPerToken,
            RecurrentBytesPerSequence = cost.RecurrentBytes,
            ConvolutionBytesPerSequence = cost.ConvolutionBytes,
            FlopPerToken = cost.FlopPerToken,
            Mixers = manifest.Routes.GroupBy(route => $"{route.Operator} ({route.Route})", StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal),
            Exporter = manifest.Exporter,
        };
    }
}
