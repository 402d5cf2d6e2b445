using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Collector.Tests.Simulation;

/// <summary>A manifest of an artifact of one file.</summary>
internal static class ManifestFixture
{
    public static byte[] With(string sha256, long bytes) => ArtifactJson.Canonical(new ArtifactManifest
    {
        Schema = ArtifactManifest.CurrentSchema, Name = "foreign-model", Architecture = "foreign", Family = ModelFamily.Ssm, Target = "cpu",
        Precision = new PrecisionManifest("fp32", "float32", "float32", "float32"),
        Weights = new WeightsManifest("foreign", null, ImmutableSortedDictionary<string, string>.Empty),
        Parameters = 1, Vocabulary = 2, Layers = 1, Hidden = 1, TrainedContext = null, PositionLimit = null, Inputs = [], LogitsOutput = "logits", Rotary = [], States = [], Routes = [],
        Cost = new CostManifest(1, 1, 1, 0, []), MinimumOperatorVersion = 0, Exporter = "test", Tokens = new TokensManifest(null, []),
        Files = [new FileManifest("model.onnx", bytes, sha256)],
    });
}
