using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>A model that can be exported: its configuration and where its weights come from.</summary>
internal sealed class ModelExport : IDisposable
{
    private readonly IDisposable owned;
    private readonly IWeightSource weights;
    private readonly Func<FileHasher, CancellationToken, WeightsManifest> provenance;

    private ModelExport(
        string name, ModelConfig config, IDisposable owned, IWeightSource weights, Func<FileHasher, CancellationToken, WeightsManifest> provenance)
    {
        this.owned = owned;
        Name = name;
        Config = config;
        this.weights = weights;
        this.provenance = provenance;
    }

    /// <summary>What results call the model.</summary>
    public string Name { get; }

    /// <summary>Its configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>Seed of random weights.</summary>
    public const ulong RandomSeed = 1;

    /// <summary>Opens what a location names.</summary>
    /// <exception cref="CheckpointException">It cannot be exported; the message says why.</exception>
    public static ModelExport Open(ModelLocation location)
    {
        switch (location)
        {
            case ModelLocation.FromCatalogue(var entry):
                var random = new RandomWeightSource(RandomSeed, DecoderDescription.Of(entry.Config).Declarations);
                return new ModelExport(entry.Name, entry.Config, random, random, random.Provenance);
            case ModelLocation.Checkpoint(var directory, _):
                var checkpoint = CheckpointDirectory.Open(directory);
                return new ModelExport(location.Name, checkpoint.Config, checkpoint, checkpoint.Weights, checkpoint.Provenance);
            default:
                throw new CheckpointException(location.Name, "is exported already.", "Name a checkpoint or a catalogue entry.");
        }
    }

    /// <summary>What the manifest will say about the weights.</summary>
    public WeightsManifest Provenance(FileHasher hasher, CancellationToken cancellation) => provenance(hasher, cancellation);

    /// <summary>Exports into a new directory.</summary>
    public Artifact Export(ExportTarget target, ExportPrecision precision, string directory, FileHasher hasher, IProgress<ExportProgress> progress, CancellationToken cancellation) =>
        ArtifactExporter.Export(
            new ExportRequest
            {
                Config = Config,
                Weights = weights,
                Name = Name,
                Target = target,
                Precision = precision,
                OutputDirectory = directory,
                Provenance = Provenance(hasher, cancellation),
                Hasher = hasher,
                Progress = progress,
            },
            cancellation);

    public void Dispose() => owned.Dispose();
}
