using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Shapes and switches that configurations can express and the fixtures do not have: a fixture's name and the keys that differ.</summary>
public static class ConfigurationVariants
{
    public static TheoryData<string, string> All => new()
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
}
