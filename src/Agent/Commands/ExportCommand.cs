using System.CommandLine;
using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Models.Catalogue;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>export</c>: makes an artifact.</summary>
internal static class ExportCommand
{
    public static Command Create(AgentConsole console)
    {
        var model = new Argument<string>("MODEL") { Description = "Catalogue name (random weights), checkpoint directory or org/name." };
        var precision = new Option<string>("--precision", "-p") { Description = "fp32, int4, or on a GPU fp16 or bf16.", DefaultValueFactory = _ => "fp32" };
        var target = new Option<string>("--target") { Description = "Provider to build for: cpu or cuda.", DefaultValueFactory = _ => "cpu" };
        var output = new Option<string>("--output", "-o") { Required = true, Description = "Directory to create.", HelpName = "DIR" };
        var cache = ModelOptions.Cache();
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No progress on standard error." };
        var command = new Command("export", "Makes an ONNX artifact of a checkpoint, or of a catalogue entry with random weights.") { model, precision, target, output, cache, quiet };
        command.SetGuardedAction(console, ExitStatus.Failure, async (parsed, cancellation) =>
        {
            var location = ModelOptions.Locate(parsed.GetRequiredValue(model));
            var directory = Path.GetFullPath(parsed.GetRequiredValue(output));
            var progress = new ProgressLine(console.Error, console.InteractiveError, parsed.GetValue(quiet));
            if (location is ModelLocation.Artifact) throw new UsageException($"{location.Name} is an artifact already.");
            if (location is ModelLocation.Foreign) throw new UsageException($"{location.Name} is a decoder that another tool exported: bench and inspect take it as it is.");
            using var export = ModelExport.Open(location);
            var artifact = export.Export(
                ModelOptions.Target(parsed.GetRequiredValue(target)),
                ModelOptions.Precision(parsed.GetRequiredValue(precision)),
                directory,
                new ArtifactCache(parsed.CacheDirectory(cache)).Hasher,
                progress.ForExport(export.Name),
                cancellation);
            progress.Clear();
            await console.Out.WriteLineAsync($"{artifact.Directory}: {artifact.Manifest.Name}, {artifact.Manifest.Files.Sum(file => file.Bytes)} bytes, artifact {artifact.Id}");
            return ExitStatus.Success;
        });
        return command;
    }
}
