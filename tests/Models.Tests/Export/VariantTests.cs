using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Shapes and switches that the fixtures do not have, with random weights.</summary>
public sealed class VariantTests
{
    [Theory]
    [MemberData(nameof(ConfigurationVariants.All), MemberType = typeof(ConfigurationVariants))]
    public void Tokens_fed_at_once_or_in_chunks_have_the_same_logits(string fixture, string changes)
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config(fixture, changes), Path.Combine(directory.Path, "a"));
        var whole = RandomExport.Run(artifact, 13);
        var chunked = RandomExport.Run(artifact, 1, 7, 3, 1, 1);
        Assert.InRange(RandomExport.Difference(RandomExport.Last(whole[^1]), RandomExport.Last(chunked[^1])), 0, 1e-9);
    }

    // The two lowerings share little for Transformers: other operators, other packing, other inputs.
    [Theory]
    [MemberData(nameof(ConfigurationVariants.All), MemberType = typeof(ConfigurationVariants))]
    public void Graph_for_cuda_in_float16_gives_what_the_graph_for_the_cpu_gives(string fixture, string changes)
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config(fixture, changes);
        var cpu = RandomExport.Run(RandomExport.Export(config, Path.Combine(directory.Path, "cpu")), 9, 1);
        var artifact = RandomExport.Export(config, Path.Combine(directory.Path, "cuda"), ExportTarget.Cuda, ExportPrecision.Float16);
        var cuda = RandomExport.Run(artifact, 9, 1);
        Assert.InRange(RandomExport.Difference(RandomExport.Last(cpu[^1]), RandomExport.Last(cuda[^1])), 0, 2e-2);
    }

    [Theory]
    [InlineData("llama", ExportTarget.Cpu, "{}")]
    [InlineData("qwen2", ExportTarget.Cuda, "{}")]
    [InlineData("mamba2", ExportTarget.Cpu, "{}")]
    [InlineData("mamba2", ExportTarget.Cuda, """{"tie_word_embeddings": false}""")]
    [InlineData("zamba2", ExportTarget.Cpu, """{"use_shared_attention_adapter": true}""")]
    [InlineData("falcon_h1", ExportTarget.Cpu, "{}")]
    public void Four_bit_weights_stay_close_to_float32(string fixture, ExportTarget target, string changes)
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config(fixture, changes);
        var full = RandomExport.Run(RandomExport.Export(config, Path.Combine(directory.Path, "fp32")), 6);
        var artifact = RandomExport.Export(config, Path.Combine(directory.Path, "int4"), target, ExportPrecision.Int4);
        var quantized = RandomExport.Run(artifact, 6);
        var difference = RandomExport.Difference(RandomExport.Last(full[^1]), RandomExport.Last(quantized[^1]));
        Assert.InRange(difference, 1e-4, 2.5);
    }

    [Fact]
    public void Windows_limit_what_a_token_sees()
    {
        using var directory = new TemporaryDirectory();
        var wide = RandomExport.Export(RandomExport.Config("phi3", """{"sliding_window": 13}"""), Path.Combine(directory.Path, "wide"));
        var narrow = RandomExport.Export(RandomExport.Config("phi3", """{"sliding_window": 12}"""), Path.Combine(directory.Path, "narrow"));
        var none = RandomExport.Export(RandomExport.Config("phi3", """{"sliding_window": null}"""), Path.Combine(directory.Path, "none"));
        var reference = RandomExport.Last(RandomExport.Run(none, 13)[^1]);
        Assert.InRange(RandomExport.Difference(reference, RandomExport.Last(RandomExport.Run(wide, 13)[^1])), 0, 1e-12);
        Assert.InRange(RandomExport.Difference(reference, RandomExport.Last(RandomExport.Run(narrow, 13)[^1])), 1e-6, 10);
    }

    [Fact]
    public void Both_spellings_of_a_configuration_give_the_same_graph()
    {
        using var directory = new TemporaryDirectory();
        var flat = RandomExport.Export(RandomExport.Config("llama"), Path.Combine(directory.Path, "flat"));
        var nested = RandomExport.Export(
            RandomExport.Config(
                "llama",
                """
                {"rope_theta": null, "rope_scaling": null, "rope_parameters": {"rope_theta": 500000.0, "factor": 32.0, "high_freq_factor": 4.0,
                 "low_freq_factor": 1.0, "original_max_position_embeddings": 64, "rope_type": "llama3"}}
                """),
            Path.Combine(directory.Path, "nested"));
        Assert.Equal(flat.Id, nested.Id);
        var mamba = """{"layers_block_type": ["mamba", "hybrid", "mamba", "mamba", "hybrid", "mamba"]}""";
        Assert.Equal(
            RandomExport.Export(RandomExport.Config("zamba2"), Path.Combine(directory.Path, "new")).Id,
            RandomExport.Export(RandomExport.Config("zamba2", mamba), Path.Combine(directory.Path, "old")).Id);
    }
}
