using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Verification;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Inference.Tests.Fixtures;

/// <summary>Exported checkpoints on ONNX Runtime with the operators' CPU kernels, against transformers' logits; batch 2.</summary>
public sealed class FixtureDecoderTests
{
    private static readonly DecoderOptions Options = new() { Threads = 2, Spinning = false };

    [Theory]
    [InlineData("llama", 1e-4)]
    [InlineData("qwen2", 1e-4)]
    [InlineData("phi3", 1e-4)]
    [InlineData("gpt_neo", 1e-4)]
    [InlineData("mamba", 1e-3)]
    [InlineData("falcon_mamba", 1e-3)]
    [InlineData("mamba2", 1e-3)]
    [InlineData("zamba2", 1e-3)]
    [InlineData("falcon_h1", 1e-3)]
    public void Logits_are_the_references_however_the_tokens_are_fed(string name, double tolerance)
    {
        using var fixture = new ExportedFixture(name);
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);

        foreach (var (prefill, chunk) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 0), (41, 0), (64, 1), (64, 7), (90, 32)])
        {
            var result = LogitVerifier.Verify(session, fixture.ReferencePath, prefill, chunk, TestContext.Current.CancellationToken);

            Assert.Equal(2 * 96, result.Positions);
            Assert.InRange(result.MaxErrorOverStd, 0, tolerance);
            Assert.InRange(result.MeanKl, -1e-9, 1e-6);
            Assert.True(result.Top1Agreement > 0.98, $"top-1 agreement {result.Top1Agreement} at prefill {prefill}, chunk {chunk}");
        }
    }

    public static TheoryData<string> Variants => [.. ExportedFixture.Variants];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Other_shapes_and_switches_give_the_references_logits(string name)
    {
        using var fixture = new ExportedFixture(name);
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        var tolerance = fixture.Artifact.Manifest.Family == ModelFamily.Transformer ? 1e-4 : 1e-3;

        foreach (var (prefill, chunk) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 0), (64, 1), (50, 7), (70, 32)])
        {
            var result = LogitVerifier.Verify(session, fixture.ReferencePath, prefill, chunk, TestContext.Current.CancellationToken);

            Assert.Equal(2 * 80, result.Positions);
            Assert.InRange(result.MaxErrorOverStd, 0, tolerance);
        }
    }

    [Fact]
    public void Every_architecture_has_variants() =>
        Assert.Equal(
            ["falcon_h1", "falcon_mamba", "gpt_neo", "llama", "mamba", "mamba2", "phi3", "qwen2", "qwen3", "zamba2"],
            ExportedFixture.Variants.Select(static name => name["variants/".Length..].Split('-')[0]).Distinct());

    [Theory]
    [InlineData("llama", ExportPrecision.Float32)]
    [InlineData("mamba2", ExportPrecision.Float32)]
    [InlineData("falcon_h1", ExportPrecision.Int4)]
    [InlineData("gpt_neo", ExportPrecision.Int4)]
    public void Last_position_logits_of_a_chunked_prefill_are_those_of_all_positions(string name, ExportPrecision precision)
    {
        using var fixture = new ExportedFixture(name, precision);
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        using var decoder = new Decoder(session, new DecoderShape(2, 50), TestContext.Current.CancellationToken);
        long[] tokens = [.. Enumerable.Range(0, 100).Select(static i => (long)((i * 37) % 300))];
        var all = new float[decoder.Logits.Vocabulary];
        var last = new float[decoder.Logits.Vocabulary];

        decoder.PrefillAllPositions(tokens, 16, (_, _, logits) => logits.CopyRow(1, logits.Positions - 1, all));
        decoder.Reset();
        decoder.Prefill(tokens, 16);
        decoder.Logits.CopyRow(1, 0, last);

        Assert.Equal(all, last);
    }

    [Theory]
    [InlineData("zamba2")]
    [InlineData("llama")]
    public void A_step_allocates_no_managed_memory(string name)
    {
        using var fixture = new ExportedFixture(name);
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        using var decoder = new Decoder(session, new DecoderShape(2, 120), TestContext.Current.CancellationToken);
        decoder.Prefill([1, 2, 3, 4, 5, 6]);
        for (var i = 0; i < 40; i++)
        {
            decoder.Step();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 40; i++)
        {
            decoder.Step();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Coming_back_to_a_checkpoint_gives_the_same_logits_bit_for_bit()
    {
        using var fixture = new ExportedFixture("zamba2");
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        using var decoder = new Decoder(session, new DecoderShape(2, 64), TestContext.Current.CancellationToken);
        long[] depth = [.. Enumerable.Range(0, 40).Select(static i => (long)(i * 5))];
        long[] prompt = [.. Enumerable.Range(0, 20).Select(static i => (long)(i * 11))];
        decoder.Prefill(depth);
        using var checkpoint = decoder.Save();
        var first = Logits();
        decoder.Step();
        decoder.Restore(checkpoint);

        Assert.Equal(first, Logits());

        float[] Logits()
        {
            decoder.Prefill(prompt, 4);
            var row = new float[decoder.Logits.Vocabulary];
            decoder.Logits.CopyRow(1, 0, row);
            return row;
        }
    }

    [Fact]
    public void Nothing_runs_after_cancellation()
    {
        using var fixture = new ExportedFixture("mamba");
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        using var source = new CancellationTokenSource();
        using var decoder = new Decoder(session, new DecoderShape(1, 64), source.Token);
        var runs = 0;

        Assert.Throws<OperationCanceledException>(() => decoder.PrefillAllPositions([1, 2, 3, 4, 5, 6], 2, (_, _, _) =>
        {
            runs++;
            source.Cancel();
        }));

        Assert.Equal(1, runs);
        Assert.Throws<OperationCanceledException>(() => decoder.Step().Length);
    }

    [Fact]
    public void A_reference_that_is_not_finite_is_refused()
    {
        using var fixture = new ExportedFixture("mamba");
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);
        using var directory = new TemporaryDirectory();
        var path = directory.File("reference.safetensors");
        var bytes = File.ReadAllBytes(fixture.ReferencePath);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - sizeof(float)), float.NaN);
        File.WriteAllBytes(path, bytes);

        var error = Assert.Throws<InvalidDataException>(() => LogitVerifier.Verify(session, path, 0, 0, TestContext.Current.CancellationToken));
        Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_of_another_model_is_refused()
    {
        using var fixture = new ExportedFixture("mamba");
        using var session = DecoderSession.Open(TestPack.Current, fixture.Artifact, Options);

        Assert.Throws<CheckpointException>(() => LogitVerifier.Verify(
            session, Path.Combine(Path.GetDirectoryName(fixture.ReferencePath)!, "model.safetensors"), 0, 0, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(
            () => LogitVerifier.Verify(session, fixture.ReferencePath, 97, 0, TestContext.Current.CancellationToken));
    }
}
