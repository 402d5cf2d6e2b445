using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Tests.Export;
using Xunit;

namespace EdgeFleet.Inference.Tests.Fixtures;

/// <summary>Configurations that the fixtures do not have, on ONNX Runtime with the operators' kernels, against the operators' definitions.</summary>
public sealed class VariantDecoderTests
{
    private const int Batch = 2;

    [Theory]
    [MemberData(nameof(ConfigurationVariants.All), MemberType = typeof(ConfigurationVariants))]
    public void Kernels_give_the_logits_of_the_definitions(string fixture, string changes)
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config(fixture, changes), directory.File("artifact"));
        var expected = RandomExport.Run(artifact, 9, 4, 1, 1);
        Assert.InRange(Difference(artifact, expected, [9, 4, 1, 1]), 0, 1e-4);
    }

    // Quantised activations make the kernel differ from the definition with exact activations; the answers stay close.
    [Theory]
    [InlineData("llama")]
    [InlineData("mamba2")]
    [InlineData("falcon_h1")]
    public void Four_bit_kernels_stay_close_to_their_definition(string fixture)
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(
            RandomExport.Config(fixture), directory.File("artifact"), ExportTarget.Cpu, ExportPrecision.Int4);
        var expected = RandomExport.Run(artifact, 8);
        Assert.InRange(Difference(artifact, expected, [8]), 0, 0.3);
    }

    // ONNX Runtime's CPU provider has the operators of these graphs too (it computes float16 in float32 where it has no kernel), so inputs,
    // attributes, packing and the meaning of windows are tested without a GPU.
    [Theory]
    [InlineData("llama", "{}", ExportPrecision.Float32, 1e-4)]
    [InlineData("qwen2", """{"model_type": "qwen3", "head_dim": 32}""", ExportPrecision.Float32, 1e-4)]
    [InlineData("mamba", "{}", ExportPrecision.Float32, 1e-3)]
    [InlineData("falcon_h1", "{}", ExportPrecision.Float32, 1e-4)]
    [InlineData("mamba2", "{}", ExportPrecision.Float32, 1e-4)]
    [InlineData("mamba2", """{"n_groups": 4, "use_bias": true, "use_conv_bias": false, "time_step_limit": [0.01, 0.05], "conv_kernel": 3}""", ExportPrecision.Float32, 1e-4)]
    [InlineData("mamba2", """{"hidden_act": "relu"}""", ExportPrecision.Float32, 1e-4)]
    [InlineData("zamba2", "{}", ExportPrecision.Float32, 1e-4)]
    [InlineData("gpt_neo", "{}", ExportPrecision.Int4, 5e-2)]
    [InlineData("gpt_neo", """{"window_size": 4}""", ExportPrecision.Int4, 5e-2)]
    public void Graph_for_cuda_gives_the_logits_of_its_definition(string fixture, string changes, ExportPrecision precision, double tolerance)
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config(fixture, changes), directory.File("artifact"), ExportTarget.Cuda, precision);
        var expected = RandomExport.Run(artifact, 9, 1, 1);
        Assert.InRange(Difference(artifact, expected, [9, 1, 1]), 0, tolerance);
    }

    // The greatest difference of the last position's logits after each chunk.
    private static double Difference(Artifact artifact, OracleTensor[] expected, int[] chunks)
    {
        using var session = DecoderSession.Open(RuntimePack.Bundled(), artifact, new DecoderOptions { Threads = 2, Spinning = false });
        using var decoder = new Decoder(session, new DecoderShape(Batch, chunks.Sum() + 3), TestContext.Current.CancellationToken);
        var row = new float[artifact.Manifest.Vocabulary];
        var position = 0;
        double difference = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            decoder.Prefill([.. RandomExport.Tokens(artifact, position, chunks[i]).SelectMany(sequence => sequence)]);
            var actual = new List<double>();
            for (var sequence = 0; sequence < Batch; sequence++)
            {
                decoder.Logits.CopyRow(sequence, 0, row);
                actual.AddRange(row.Select(value => (double)value));
            }

            difference = Math.Max(difference, RandomExport.Difference(RandomExport.Last(expected[i]), [.. actual]));
            position += chunks[i];
        }

        return difference;
    }
}
