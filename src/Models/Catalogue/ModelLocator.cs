using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Catalogue;

/// <summary>
/// Finds the model that a user names: by catalogue name, by path, or as <c>org/name</c> in the local Hugging Face cache. Nothing is downloaded.
/// </summary>
/// <param name="catalogue">The known names.</param>
/// <param name="cache">The Hugging Face cache.</param>
public sealed class ModelLocator(ModelCatalogue catalogue, HuggingFaceCache cache)
{
    private const string ManifestFile = "manifest.json";
    private const string GenAIConfigFile = "genai_config.json";

    /// <summary>Finds a model.</summary>
    /// <param name="model">
    /// A catalogue name; a path (surely taken as one when it begins with <c>/</c>, <c>./</c> or <c>../</c>); or <c>org/name</c>, with
    /// <c>@revision</c> where it is not <c>main</c>.
    /// </param>
    /// <exception cref="CheckpointException">Nothing or more than one thing has that name, or a directory is no model.</exception>
    public ModelLocation Locate(string model)
    {
        if (string.IsNullOrWhiteSpace(model) || model.Contains('\0', StringComparison.Ordinal))
        {
            throw new CheckpointException("model ''", "is no name.", "Give a catalogue name, a directory, or org/name.");
        }

        if (IsSurelyPath(model))
        {
            return FromDirectory(Path.GetFullPath(model));
        }

        var entry = catalogue.Find(model);
        var directory = Directory.Exists(model) ? Path.GetFullPath(model) : null;
        var repository = RepositoryName.TryParse(model);
        var snapshot = repository is null ? null : cache.FindSnapshot(repository);
        if (directory is not null && (entry is not null || snapshot is not null))
        {
            var other = entry is not null ? "a catalogue name" : $"a repository in the Hugging Face cache ({snapshot})";
            throw new CheckpointException(
                $"model '{model}'",
                $"is both a directory here ({directory}) and {other}.",
                $"Write './{model}' for the directory, or run where there is no such directory.");
        }

        return entry is not null ? new ModelLocation.FromCatalogue(entry)
            : directory is not null ? FromDirectory(directory)
            : snapshot is not null ? new ModelLocation.Checkpoint(CheckedSnapshot(snapshot), repository!.Name)
            : throw NotFound(model, repository);
    }

    private static bool IsSurelyPath(string model) =>
        Path.IsPathRooted(model) || model is "." or ".."
        || model.StartsWith("./", StringComparison.Ordinal) || model.StartsWith("../", StringComparison.Ordinal);

    private static ModelLocation FromDirectory(string path)
    {
        var directory = Path.TrimEndingDirectorySeparator(path);
        if (File.Exists(directory))
        {
            throw new CheckpointException(directory, "is a file.", "Name the directory that it is in.");
        }

        if (!Directory.Exists(directory))
        {
            throw new CheckpointException(directory, "does not exist.", "Give a catalogue name, a directory, or org/name.");
        }

        if (Has(directory, ManifestFile))
        {
            return new ModelLocation.Artifact(directory);
        }

        if (Has(directory, GenAIConfigFile))
        {
            return new ModelLocation.Foreign(directory);
        }

        if (Has(directory, CheckpointDirectory.ConfigFile))
        {
            var hasWeights = Has(directory, CheckpointDirectory.WeightsFile) || Has(directory, CheckpointDirectory.IndexFile);
            return !hasWeights && Directory.EnumerateFiles(directory, "*.onnx").Any()
                ? new ModelLocation.Foreign(directory)
                : new ModelLocation.Checkpoint(directory, Repository: null);
        }

        throw new CheckpointException(
            directory,
            $"is no model: it has neither {ManifestFile} (an artifact), {GenAIConfigFile} (ONNX Runtime GenAI) nor " +
            $"{CheckpointDirectory.ConfigFile} (a checkpoint).",
            "Name the directory that holds one of them.");
    }

    private static bool Has(string directory, string file) => File.Exists(Path.Combine(directory, file));

    private static string CheckedSnapshot(string snapshot) => CheckpointDirectory.IsCheckpoint(snapshot)
        ? snapshot
        : throw new CheckpointException(
            snapshot, $"has no {CheckpointDirectory.ConfigFile}: the download was partial.", "Download the whole repository.");

    private CheckpointException NotFound(string model, RepositoryName? repository)
    {
        var looked = new List<string>
        {
            $"a catalogue entry '{model}'",
            $"a directory {Path.GetFullPath(model)}",
        };
        if (repository is not null)
        {
            looked.Add(cache.DirectoryOf(repository));
        }

        var suggestions = catalogue.Suggest(model);
        var sourceOf = repository is null ? null : catalogue.FindSource(repository.Name);
        var remedy = sourceOf is not null
            ? $"Download {repository!.Name}, or name the catalogue's '{sourceOf.Name}' to measure its shape with random weights."
            : suggestions.IsEmpty
                ? "Give a catalogue name (models/*.json), a directory, or org/name of a downloaded repository."
                : $"Did you mean {string.Join(" or ", suggestions.Select(name => $"'{name}'"))}?";
        return new CheckpointException($"model '{model}'", $"was not found; looked for {string.Join(", ", looked)}.", remedy);
    }
}
