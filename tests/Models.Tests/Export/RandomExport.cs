using System.Text;
using System.Text.Json.Nodes;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Exports with random weights of small shapes.</summary>
internal static class RandomExport
{
    /// <summary>A fixture's configuration with some keys changed; a null value removes the key.</summary>
    public static ModelConfig Config(string fixture, string changes = "{}")
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Checkpoint(fixture), "config.json")))!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject())
        {
            config.Remove(key);
            if (value is not null)
                config.Add(key, value.DeepClone());
        }

        return ModelConfig.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), $"{fixture} with {changes}");
    }

    public static Artifact Export(
        ModelConfig config, string directory, ExportTarget target = ExportTarget.Cpu, ExportPrecision precision = ExportPrecision.Float32)
    {
        using var weights = new RandomWeightSource(seed: 5, DecoderDescription.Of(config).Declarations);
        return Export(config, weights, directory, target, precision);
    }

    public static Artifact Export(
        ModelConfig config,
        IWeightSource weights,
        string directory,
        ExportTarget target = ExportTarget.Cpu,
        ExportPrecision precision = ExportPrecision.Float32) => ArtifactExporter.Export(
            new ExportRequest
            {
                Config = config,
                Weights = weights,
                Name = "tiny",
                Target = target,
                Precision = precision,
                OutputDirectory = directory,
            },
            TestContext.Current.CancellationToken);

    /// <summary>Logits of fixed tokens, batch 2, fed in chunks.</summary>
    public static OracleTensor[] Run(Artifact artifact, params int[] chunks)
    {
        var decoder = new OracleDecoder(artifact, new GraphOracle(artifact), batch: 2, capacity: chunks.Sum() + 3);
        var results = new List<OracleTensor>();
        var position = 0;
        foreach (var count in chunks)
        {
            results.Add(decoder.Step(Tokens(artifact, position, count)));
            position += count;
        }

        return [.. results];
    }

    /// <summary>The fixed tokens of both rows from a position on.</summary>
    public static long[][] Tokens(Artifact artifact, int first, int count) =>
    [
        .. Enumerable.Range(0, 2).Select(row => Enumerable.Range(first, count)
            .Select(i => (long)((i * 37) + (row * 101) + 11) % artifact.Manifest.Vocabulary).ToArray()),
    ];

    /// <summary>Logits of the last position of each row.</summary>
    public static double[] Last(OracleTensor logits)
    {
        var (tokens, vocabulary) = (logits.Shape[1], logits.Shape[2]);
        return [.. Enumerable.Range(0, logits.Shape[0]).SelectMany(row =>
            logits.Values.AsSpan((((row + 1) * tokens) - 1) * vocabulary, vocabulary).ToArray())];
    }

    /// <summary>Greatest difference over the standard deviation of the first.</summary>
    public static double Difference(double[] left, double[] right)
    {
        Assert.Equal(left.Length, right.Length);
        var mean = left.Average();
        var deviation = Math.Sqrt(left.Average(value => (value - mean) * (value - mean)));
        Assert.True(deviation > 0);
        return left.Zip(right, (x, y) => Math.Abs(x - y)).Max() / deviation;
    }
}
