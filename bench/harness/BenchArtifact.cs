using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Harness.Bench;

/// <summary>Models of the catalogue with seeded random weights, exported once to a directory that is kept for the next time.</summary>
internal static class BenchArtifact
{
    /// <summary>The artifact of a model for the CPU.</summary>
    /// <param name="model">Name in the catalogue.</param>
    /// <param name="precision">Precision.</param>
    public static Artifact Of(string model, ExportPrecision precision)
    {
        var directory = Path.Combine(Path.GetTempPath(), "edgefleet-bench", $"{model}-{precision.Name()}");
        if (File.Exists(Path.Combine(directory, ArtifactJson.FileName))) return Artifact.Open(directory);

        var entry = ModelCatalogue.BuiltIn.Find(model) ?? throw new ArgumentException($"No model '{model}' in the catalogue.");
        using var weights = new RandomWeightSource(seed: 1, DecoderDescription.Of(entry.Config).Declarations);
        return ArtifactExporter.Export(
            new ExportRequest
            {
                Config = entry.Config, Weights = weights, Name = model, Target = ExportTarget.Cpu, Precision = precision, OutputDirectory = directory,
            },
            CancellationToken.None);
    }
}
