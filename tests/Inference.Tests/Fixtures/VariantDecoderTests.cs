using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
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
        ReadOnlySpan<int> chunks = [9, 4, 1, 1];
        var expected = RandomExport.Run(artifact, chunks.ToArray());

        using var session = DecoderSession.Open(RuntimePack.Bundled(), artifact, new DecoderOptions { Threads = 2, Spinning = false });
        using var decoder = new Decoder(session, new DecoderShape(Batch, chunks.ToArray().Sum() + 3), TestContext.Current.CancellationToken);
        var row = new float[artifact.Manifest.Vocabulary];
        var position = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            var actual = new List<double>();
            var tokens = RandomExport.Tokens(artifact, position, chunks[i]).SelectMany(sequence => sequence).ToArray();
            decoder.Prefill(tokens);
            for (var sequence = 0; sequence < Batch; sequence++)
            {
                decoder.Logits.CopyRow(sequence, 0, row);
                actual.AddRange(row.Select(value => (double)value));
            }

            Assert.InRange(RandomExport.Difference(RandomExport.Last(expected[i]), [.. actual]), 0, 1e-4);
            position += chunks[i];
        }
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
        using var session = DecoderSession.Open(RuntimePack.Bundled(), artifact, new DecoderOptions { Threads = 2, Spinning = false });
        using var decoder = new Decoder(session, new DecoderShape(Batch, 11), TestContext.Current.CancellationToken);
        decoder.Prefill([.. RandomExport.Tokens(artifact, 0, 8).SelectMany(sequence => sequence)]);
        var actual = new float[Batch][];
        for (var sequence = 0; sequence < Batch; sequence++)
            decoder.Logits.CopyRow(sequence, 0, actual[sequence] = new float[artifact.Manifest.Vocabulary]);
        Assert.InRange(
            RandomExport.Difference(RandomExport.Last(expected[0]), [.. actual.SelectMany(row => row).Select(value => (double)value)]), 0, 0.3);
    }
}
