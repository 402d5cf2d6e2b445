using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Shapes and switches that the fixtures do not have, with random weights.</summary>
public sealed class VariantTests
{
    public static TheoryData<string, string> Variants => new()
    {
        { "llama", """{"tie_word_embeddings": false, "attention_bias": true, "mlp_bias": true, "num_key_value_heads": 1, "hidden_act": "gelu_pytorch_tanh"}""" },
        { "llama", """{"head_dim": 32, "num_attention_heads": 3, "num_key_value_heads": 3, "hidden_size": 96, "rope_scaling": null}""" },
        { "llama", """{"rope_scaling": {"type": "linear", "factor": 4.0}, "hidden_act": "relu", "num_key_value_heads": null}""" },
        { "llama", """{"rope_theta": null, "rope_scaling": null, "rope_parameters": {"rope_type": "default", "rope_theta": 123.0, "partial_rotary_factor": 0.5}, "head_dim": 32}""" },
        { "qwen2", """{"layer_types": null, "use_sliding_window": true, "sliding_window": 5, "max_window_layers": 1, "tie_word_embeddings": false}""" },
        { "qwen2", """{"layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "use_sliding_window": true, "sliding_window": 4}""" },
        { "qwen2", """{"model_type": "qwen3", "head_dim": 32, "attention_bias": false, "layer_types": null}""" },
        { "qwen2", """{"model_type": "qwen3", "head_dim": null, "attention_bias": true, "num_key_value_heads": 4}""" },
        { "phi3", """{"sliding_window": 6, "num_key_value_heads": 2, "tie_word_embeddings": true, "partial_rotary_factor": 0.75, "head_dim": 64}""" },
        {
            "phi3",
            """
            {"max_position_embeddings": 64, "original_max_position_embeddings": 8, "sliding_window": null,
             "rope_scaling": {"type": "su", "short_factor": [1, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6], "long_factor": [1, 2, 3, 4, 5, 6, 7, 8]}}
            """
        },
        { "gpt_neo", """{"attention_types": [[["global"], 1], [["local"], 3]], "attention_layers": null, "window_size": 3, "intermediate_size": null}""" },
        { "gpt_neo", """{"activation_function": "relu2", "num_heads": 8, "tie_word_embeddings": false}""" },
        { "mamba", """{"use_bias": true, "use_conv_bias": false, "conv_kernel": 2, "time_step_rank": "auto", "state_size": 8, "tie_word_embeddings": false}""" },
        { "mamba", """{"hidden_act": "gelu", "expand": 3, "intermediate_size": 192, "conv_kernel": 7}""" },
        { "falcon_mamba", """{"tie_word_embeddings": false, "use_bias": true, "mixer_rms_eps": 0.1, "time_step_rank": 7}""" },
        { "mamba2", """{"n_groups": 4, "use_bias": true, "use_conv_bias": false, "time_step_limit": [0.01, 0.05], "conv_kernel": 3}""" },
        { "mamba2", """{"n_groups": 2, "tie_word_embeddings": false, "hidden_act": "relu", "head_dim": 32, "num_heads": 4, "state_size": 24}""" },
        { "zamba2", """{"use_shared_attention_adapter": true, "num_mem_blocks": 1, "mamba_ngroups": 2, "add_bias_linear": true, "use_mem_rope": false}""" },
        {
            "zamba2",
            """
            {"layers_block_type": ["mamba", "hybrid", "hybrid", "mamba", "hybrid", "mamba"], "hybrid_layer_ids": [1, 2, 4], "use_long_context": true,
             "adapter_rank": 5, "hidden_act": "silu", "num_key_value_heads": 2, "tie_word_embeddings": false, "time_step_min": 0.02}
            """
        },
        { "zamba2", """{"layers_block_type": ["mamba", "mamba", "mamba", "mamba", "mamba", "mamba"]}""" },
        { "falcon_h1", """{"mamba_rms_norm": true, "mamba_norm_before_gate": true, "mamba_n_groups": 2, "attention_bias": true, "mlp_bias": true, "projectors_bias": true}""" },
        {
            "falcon_h1",
            """
            {"mamba_rms_norm": true, "mamba_norm_before_gate": false, "mamba_n_groups": 4, "mamba_proj_bias": true, "tie_word_embeddings": true,
             "attention_in_multiplier": 0.7, "mamba_d_head": "auto", "mamba_conv_bias": false, "time_step_limit": [0.001, 0.1], "mamba_d_conv": 2}
            """
        },
        { "falcon_h1", """{"mamba_d_ssm": null, "mamba_d_head": 32, "mamba_n_heads": 4, "head_dim": null, "num_key_value_heads": 4}""" },
    };

    [Theory]
    [MemberData(nameof(Variants))]
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
    [MemberData(nameof(Variants))]
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
