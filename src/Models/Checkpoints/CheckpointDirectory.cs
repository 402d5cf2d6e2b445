using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>A Hugging Face checkpoint on disk: <c>config.json</c> and safetensors, one file or several with an index.</summary>
public sealed class CheckpointDirectory : IDisposable
{
    /// <summary>Name of the configuration.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>Name of the weights when they are one file.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Name of the index when they are several.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    private CheckpointDirectory(string path, ModelConfig config, SafetensorsWeightSource weights)
    {
        Path = path;
        Config = config;
        Weights = weights;
    }

    /// <summary>The directory, absolute.</summary>
    public string Path { get; }

    /// <summary>The configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>The weights.</summary>
    public IWeightSource Weights { get; }

    /// <summary>Whether a directory looks like a checkpoint.</summary>
    public static bool IsCheckpoint(string directory) => File.Exists(System.IO.Path.Combine(directory, ConfigFile));

    /// <summary>Opens a checkpoint. Headers are read and checked, weights are not.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="CheckpointException">A file is missing or breaks its format's rules.</exception>
    public static CheckpointDirectory Open(string directory)
    {
        var path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(directory));
        if (!Directory.Exists(path))
        {
            throw new CheckpointException(path, "is not a directory.", "Name the directory that holds config.json and the weights.");
        }

        var config = ModelConfig.Load(System.IO.Path.Combine(path, ConfigFile));
        return new CheckpointDirectory(path, config, OpenWeights(path));
    }

    /// <summary>What to write into the manifest: hashes of the weights and of the configuration.</summary>
    public WeightsManifest Provenance(FileHasher hasher, CancellationToken cancellationToken)
    {
        var weights = Weights.Provenance(hasher, cancellationToken);
        var config = hasher.Sha256(System.IO.Path.Combine(Path, ConfigFile), cancellationToken);
        return weights with { Hashes = weights.Hashes.SetItem(ConfigFile, config) };
    }

    /// <inheritdoc/>
    public void Dispose() => Weights.Dispose();

    private static SafetensorsWeightSource OpenWeights(string directory)
    {
        var single = System.IO.Path.Combine(directory, WeightsFile);
        if (File.Exists(single))
        {
            return SafetensorsWeightSource.Open(single);
        }

        var index = System.IO.Path.Combine(directory, IndexFile);
        if (File.Exists(index))
        {
            return SafetensorsWeightSource.OpenSharded(index);
        }

        var other = Directory.EnumerateFiles(directory)
            .Select(System.IO.Path.GetFileName)
            .FirstOrDefault(name => name!.EndsWith(".bin", StringComparison.Ordinal)
                || name.EndsWith(".pth", StringComparison.Ordinal)
                || name.EndsWith(".gguf", StringComparison.Ordinal));
        throw new CheckpointException(
            directory,
            $"holds neither {WeightsFile} nor {IndexFile}{(other is null ? "" : $", only {other}")}.",
            other is null
                ? "Download the weights, or name the model by its catalogue name to measure it with random weights."
                : "Weights are read from safetensors alone; convert them with transformers' save_pretrained.");
    }
}
