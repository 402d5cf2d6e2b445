using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Onnx.Initializers;
using Google.Protobuf;

namespace EdgeFleet.Models.Export;

/// <summary>Makes artifacts from configurations and weights. The same input gives the same bytes.</summary>
public static class ArtifactExporter
{
    /// <summary>Name of the graph's file.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>Name of the weights' file.</summary>
    public const string DataFile = "model.onnx.data";

    private const string Producer = "EdgeFleet";

    private static readonly string Version = typeof(ArtifactExporter).Assembly.GetName().Version!.ToString(3);

    /// <summary>Exports a checkpoint. The directory appears whole or not at all.</summary>
    /// <param name="request">What, and where to.</param>
    /// <param name="cancellationToken">Ends the export; nothing is left behind.</param>
    /// <exception cref="CheckpointException">The configuration or the weights are not supported, or do not belong together.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static Artifact Export(ExportRequest request, CancellationToken cancellationToken)
    {
        var decoder = DecoderArchitectures.Build(request.Config, LoweringPlan.Resolve(request.Target, request.Precision));
        var binding = new WeightBinding(decoder.Description, request.Weights);
        var layout = new ExternalDataLayout(decoder.Graph.Recipes);
        using var staged = new StagedDirectory(request.OutputDirectory);
        EnsureSpace(staged.Path, request.OutputDirectory, layout.TotalBytes);

        var model = WriteModel(staged.Path, decoder, layout);
        var digest = new ExternalDataWriter(binding, request.Progress)
            .Write(Path.Combine(staged.Path, DataFile), decoder.Graph.Recipes, layout, cancellationToken);
        var hasher = request.Hasher ?? new FileHasher(new SessionHashMemory());
        var manifest = Describe(request, decoder) with
        {
            Weights = request.Provenance ?? request.Weights.Provenance(hasher, cancellationToken),
            Files = [model, new FileManifest(DataFile, layout.TotalBytes, digest)],
        };
        ManifestValidator.Validate(manifest, request.OutputDirectory);
        WriteDurably(Path.Combine(staged.Path, ArtifactJson.FileName), ArtifactJson.Document(manifest));
        staged.Commit();
        return new Artifact(Path.GetFullPath(request.OutputDirectory), manifest);
    }

    private static ArtifactManifest Describe(ExportRequest request, BuiltDecoder decoder)
    {
        var description = decoder.Description;
        return new ArtifactManifest
        {
            Schema = ArtifactManifest.CurrentSchema,
            Name = request.Name,
            Architecture = description.Architecture,
            Family = description.Family,
            Target = request.Target.Name(),
            Precision = decoder.Precision,
            Weights = new WeightsManifest(request.Weights.SourceKind, null, ImmutableSortedDictionary<string, string>.Empty),
            Parameters = description.Parameters,
            Vocabulary = description.Vocabulary,
            Layers = description.Layers,
            Hidden = description.Hidden,
            TrainedContext = description.TrainedContext,
            PositionLimit = description.PositionLimit,
            Inputs = decoder.Inputs,
            LogitsOutput = decoder.LogitsOutput,
            Rotary = decoder.Rotary,
            States = decoder.States,
            Routes = decoder.Routes,
            Cost = decoder.Cost,
            MinimumOperatorVersion = decoder.Graph.UsesOwnOperators ? 1 : 0,
            Exporter = $"{Producer} {Version}",
            Tokens = description.Tokens,
            Files = [],
        };
    }

    private static FileManifest WriteModel(string directory, BuiltDecoder decoder, ExternalDataLayout layout)
    {
        var bytes = decoder.Graph.Build(DataFile, layout, (Producer, Version)).ToByteArray();
        WriteDurably(Path.Combine(directory, ModelFile), bytes);
        return new FileManifest(ModelFile, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static void WriteDurably(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
    }

    private static void EnsureSpace(string staged, string directory, long bytes)
    {
        var free = new DriveInfo(staged).AvailableFreeSpace;
        if (free < bytes)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"{directory}: the artifact needs {bytes} bytes, {free} are free. Make room, or choose another directory."));
        }
    }
}
