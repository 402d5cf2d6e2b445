using System.Text;
using System.Text.Json.Nodes;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Tests.Export;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Weights;

/// <summary>
/// Random weights keep every activation in float16's range and logits of a sensible size, at real widths and, with EDGEFLEET_FULL=1, at
/// real depths.
/// </summary>
public sealed class RandomWeightHealthTests
{
    private const int LayersByDefault = 8;
    private const int Vocabulary = 256;
    private const double GreatestActivation = 4_096;

    private static readonly bool Full = Environment.GetEnvironmentVariable("EDGEFLEET_FULL") == "1";
    private static readonly int Tokens = Full ? 12 : 3;

    public static TheoryData<string> Widths => Full
        ? ["qwen2.5-0.5b", "qwen3-0.6b", "gpt-neo-125m", "mamba-130m", "mamba2-130m", "falcon-h1-0.5b"]
        : ["gpt-neo-125m", "mamba-130m", "mamba2-130m"];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Activations_are_healthy_at_the_width_of_the_catalogue(string name)
    {
        var config = JsonNode.Parse(ModelCatalogue.BuiltIn.Find(name)!.Config.ToString())!.AsObject();
        var layers = name.StartsWith("gpt-neo", StringComparison.Ordinal) ? 2 : 1;
        config["vocab_size"] = Vocabulary;
        config["eos_token_id"] = 0;
        config["bos_token_id"] = 0;
        config[config.ContainsKey("num_layers") ? "num_layers" : "num_hidden_layers"] = layers;
        config.Remove("attention_layers");
        config.Remove("attention_types");
        if (layers == 2)
        {
            config["attention_types"] = JsonNode.Parse("""[[["global","local"],1]]""");
        }

        AssertHealthy(config);
    }

    [Theory]
    [InlineData("llama", 48)]
    [InlineData("qwen2", 48)]
    [InlineData("phi3", 48)]
    [InlineData("mamba", 64)]
    [InlineData("falcon_mamba", 64)]
    [InlineData("mamba2", 64)]
    [InlineData("falcon_h1", 48)]
    [InlineData("gpt_neo", 4)]
    [InlineData("zamba2", 6)]
    public void Activations_are_healthy_at_depth(string fixture, int layers)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Checkpoint(fixture), "config.json")))!.AsObject();
        if (config.ContainsKey("num_hidden_layers"))
        {
            config["num_hidden_layers"] = Full || fixture == "zamba2" ? layers : Math.Min(layers, LayersByDefault);
        }

        if (fixture == "qwen2")
        {
            config.Remove("layer_types");
        }

        AssertHealthy(config);
    }

    private static void AssertHealthy(JsonObject json)
    {
        var config = ModelConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json");
        using var weights = new RandomWeightSource(1, DecoderDescription.Of(config).Declarations);
        using var directory = new TemporaryDirectory();
        var artifact = ArtifactExporter.Export(
            new ExportRequest
            {
                Config = config,
                Weights = weights,
                Name = "random",
                Target = ExportTarget.Cpu,
                Precision = ExportPrecision.Float32,
                OutputDirectory = Path.Combine(directory.Path, "artifact"),
            },
            TestContext.Current.CancellationToken);
        var greatest = ("", 0.0);
        var oracle = new GraphOracle(artifact)
        {
            Observer = (name, tensor) =>
            {
                var magnitude = tensor.Values.Length == 0 ? 0 : tensor.Values.Max(value => double.IsNaN(value) ? double.PositiveInfinity : Math.Abs(value));
                greatest = magnitude > greatest.Item2 ? (name, magnitude) : greatest;
            },
        };
        var logits = new OracleDecoder(artifact, oracle, batch: 1, capacity: Tokens)
            .Step([[.. Enumerable.Range(0, Tokens).Select(i => (long)(i * 37 % Vocabulary))]]);

        Assert.True(greatest.Item2 < GreatestActivation, $"{greatest}");
        var deviation = Math.Sqrt(logits.Values.Average(value => value * value));
        // Falcon-H1 makes its logits small on purpose.
        Assert.InRange(deviation, json.ContainsKey("lm_head_multiplier") ? 0.0005 : 0.01, 10);
    }
}
