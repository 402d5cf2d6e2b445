using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>
/// Exported graphs, executed by their operators' definitions in double precision, against transformers' float32 forward: what is left is the
/// reference's own rounding.
/// </summary>
public sealed class FixtureParityTests
{
    private const int Prefill = 41;
    private const int Chunk = 16;
    private const int Decoded = 4;

    [Theory]
    [InlineData("llama", 1e-5)]
    [InlineData("qwen2", 1e-5)]
    [InlineData("phi3", 1e-5)]
    [InlineData("gpt_neo", 1e-5)]
    [InlineData("mamba", 1e-3)]
    [InlineData("falcon_mamba", 1e-4)]
    [InlineData("mamba2", 1e-4)]
    [InlineData("zamba2", 1e-5)]
    [InlineData("falcon_h1", 1e-5)]
    public void Graph_for_the_cpu_gives_the_references_logits(string name, double tolerance)
    {
        using var fixture = new ExportedFixture(name, ExportTarget.Cpu, ExportPrecision.Float32);
        Assert.InRange(Error(fixture.Artifact, fixture.Reference), 0, tolerance);
    }

    [Theory]
    [InlineData("llama", 1e-5)]
    [InlineData("gpt_neo", 1e-5)]
    [InlineData("mamba", 1e-3)]
    [InlineData("falcon_mamba", 1e-4)]
    [InlineData("mamba2", 1e-4)]
    [InlineData("zamba2", 1e-4)]
    [InlineData("falcon_h1", 1e-5)]
    public void Float32_graph_for_cuda_gives_the_references_logits(string name, double tolerance)
    {
        using var fixture = new ExportedFixture(name, ExportTarget.Cuda, ExportPrecision.Float32);
        Assert.InRange(Error(fixture.Artifact, fixture.Reference), 0, tolerance);
    }

    // Each of these keys changes the fixture's logits: a reader that ignored it would not pass.
    [Theory]
    [InlineData("zamba2", """{"time_step_min": 0}""")]
    [InlineData("zamba2", """{"use_mem_rope": false}""")]
    [InlineData("zamba2", """{"hidden_act": "silu"}""")]
    [InlineData("gpt_neo", """{"window_size": 23}""")]
    [InlineData("gpt_neo", """{"activation_function": "gelu"}""")]
    [InlineData("llama", """{"rope_scaling": null}""")]
    [InlineData("falcon_mamba", """{"mixer_rms_eps": 0.01}""")]
    [InlineData("falcon_h1", """{"key_multiplier": 0.5}""")]
    [InlineData("falcon_h1", """{"ssm_multipliers": [0.35, 0.25, 0.18, 0.35, 0.5]}""")]
    public void Another_value_of_a_key_gives_other_logits(string name, string changes)
    {
        using var directory = new TemporaryDirectory();
        using var checkpoint = CheckpointDirectory.Open(Fixtures.Checkpoint(name));
        var artifact = RandomExport.Export(RandomExport.Config(name, changes), checkpoint.Weights, Path.Combine(directory.Path, "a"));
        var reference = ReferenceLogits.Read(Path.Combine(Fixtures.Checkpoint(name), "reference.safetensors"));
        Assert.InRange(Error(artifact, reference), 5e-5, double.MaxValue);
    }

    // Only the weights are rounded to float16 here, not the activations. Mamba's fixture amplifies that beyond any useful bound.
    [Theory]
    [InlineData("llama", 1e-2)]
    [InlineData("qwen2", 1e-2)]
    [InlineData("phi3", 1e-5)]
    [InlineData("gpt_neo", 1e-2)]
    [InlineData("falcon_mamba", 1e-2)]
    [InlineData("mamba2", 1e-2)]
    [InlineData("zamba2", 1e-2)]
    [InlineData("falcon_h1", 1e-2)]
    public void Float16_graph_for_cuda_gives_the_references_logits(string name, double tolerance)
    {
        using var fixture = new ExportedFixture(name, ExportTarget.Cuda, ExportPrecision.Float16);
        Assert.InRange(Error(fixture.Artifact, fixture.Reference), 0, tolerance);
    }

    // Weights and what each node computes are rounded, as on a GPU; inside of an operator nothing is. The limits are those of `verify`, but for
    // Mamba's fixture, which amplifies a rounding to 8 bits to more than a deviation of the logits: there the limit catches what is broken.
    [Theory]
    [InlineData("llama", 1.6e-1)]
    [InlineData("qwen2", 1.6e-1)]
    [InlineData("phi3", 1.6e-1)]
    [InlineData("gpt_neo", 1.6e-1)]
    [InlineData("mamba", 3)]
    [InlineData("falcon_mamba", 4e-1)]
    [InlineData("mamba2", 4e-1)]
    [InlineData("zamba2", 4e-1)]
    [InlineData("falcon_h1", 4e-1)]
    public void Bfloat16_graph_with_rounded_activations_stays_near_the_references_logits(string name, double tolerance)
    {
        using var fixture = new ExportedFixture(name, ExportTarget.Cuda, ExportPrecision.BFloat16);
        Assert.InRange(Error(fixture.Artifact, fixture.Reference, AsBFloat16), 1e-3, tolerance);
    }

    [Fact]
    public void Activations_that_leave_the_range_of_float16_stay_in_that_of_bfloat16()
    {
        using var half = new ExportedFixture("mamba", ExportTarget.Cuda, ExportPrecision.Float16);
        Assert.Equal(double.PositiveInfinity, Error(half.Artifact, half.Reference, static value => (double)(Half)value));
        using var coarse = new ExportedFixture("mamba", ExportTarget.Cuda, ExportPrecision.BFloat16);
        Assert.True(double.IsFinite(Error(coarse.Artifact, coarse.Reference, AsBFloat16)));
    }

    private static double AsBFloat16(double value) => BFloat16Conversion.ToSingle(BFloat16Conversion.FromSingle((float)value));

    // A prefill in chunks of which the last is shorter, then single tokens; both rows of the batch.
    private static double Error(Artifact artifact, ReferenceLogits reference, Func<double, double>? rounded = null)
    {
        var decoder = new OracleDecoder(artifact, new GraphOracle(artifact) { Rounded = rounded }, reference.Batch, Prefill + Decoded);
        double error = 0;
        for (var first = 0; first < Prefill + Decoded;)
        {
            var count = first < Prefill ? Math.Min(Chunk, Prefill - first) : 1;
            error = Math.Max(error, reference.Error(decoder.Step(reference.Slice(first, count)), first));
            first += count;
        }

        return error;
    }
}
