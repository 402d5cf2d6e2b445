using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Export;

/// <summary>What is exported, and where to.</summary>
public sealed record ExportRequest
{
    /// <summary>The checkpoint's configuration.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>The weights. They stay open.</summary>
    public required IWeightSource Weights { get; init; }

    /// <summary>Name of the model in the manifest.</summary>
    public required string Name { get; init; }

    /// <summary>Provider that the graph is built for.</summary>
    public required ExportTarget Target { get; init; }

    /// <summary>Precision.</summary>
    public required ExportPrecision Precision { get; init; }

    /// <summary>Directory to create. Its parent must exist or be creatable; the directory itself must not exist, or be empty.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>What the manifest says about the weights, e.g. <see cref="CheckpointDirectory.Provenance"/>, which covers the configuration too.</summary>
    /// <value>Null: what <see cref="Weights"/> says itself.</value>
    public WeightsManifest? Provenance { get; init; }

    /// <summary>Hashes the checkpoint's files for the manifest.</summary>
    /// <value>One that remembers nothing.</value>
    public FileHasher? Hasher { get; init; }

    /// <summary>Told about the bytes written so far.</summary>
    /// <value>Null: nobody.</value>
    public IProgress<ExportProgress>? Progress { get; init; }
}
