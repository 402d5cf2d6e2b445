using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Tests.Export;
using Xunit;

namespace EdgeFleet.Models.Tests.Architectures;

public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("llama", """{"model_type": "bert"}""", "model_type")]
    [InlineData("llama", """{"hidden_size": null}""", "hidden_size")]
    [InlineData("llama", """{"hidden_size": -4}""", "hidden_size")]
    [InlineData("llama", """{"num_hidden_layers": 1e9}""", "num_hidden_layers")]
    [InlineData("llama", """{"num_key_value_heads": 3}""", "num_key_value_heads")]
    [InlineData("llama", """{"hidden_act": "laplace"}""", "hidden_act")]
    [InlineData("llama", """{"rope_scaling": {"rope_type": "dynamic", "factor": 0.5}}""", "rope_scaling.factor")]
    [InlineData("llama", """{"rope_scaling": {"rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5}}""", "rope_scaling.partial_rotary_factor")]
    [InlineData("phi3", """{"rope_scaling": {"rope_type": "linear", "factor": 2.0}}""", "rope_scaling.rope_type")]
    [InlineData("llama", """{"rope_scaling": {"rope_type": "mrope", "factor": 2.0}}""", "rope_scaling.rope_type")]
    [InlineData("llama", """{"rope_scaling": {"rope_type": "yarn", "factor": 2.0, "beta_fast": -16}}""", "rope_scaling.beta_fast")]
    [InlineData("llama", """{"rope_scaling": {"factor": 2.0}}""", "rope_scaling.type")]
    [InlineData("llama", """{"rope_scaling": null, "rope_parameters": {"full_attention": {"rope_type": "default"}}}""", "rope_parameters.type")]
    [InlineData("llama", """{"partial_rotary_factor": 0.01}""", "partial_rotary_factor")]
    [InlineData("llama", """{"quantization_config": {"quant_method": "awq"}}""", "quantization_config")]
    [InlineData("llama", """{"is_encoder_decoder": true}""", "is_encoder_decoder")]
    [InlineData("qwen2", """{"layer_types": ["full_attention"]}""", "layer_types")]
    [InlineData("qwen2", """{"layer_types": ["sliding_attention", "full_attention", "full_attention"]}""", "layer_types[0]")]
    [InlineData("phi3", """{"rope_scaling": {"type": "longrope", "short_factor": [1], "long_factor": [1]}}""", "rope_scaling.short_factor")]
    [InlineData("gpt_neo", """{"attention_types": [[["global"], 3]]}""", "attention_types")]
    [InlineData("gpt_neo", """{"attention_types": [[["diagonal"], 4]]}""", "attention_types[0][0][0]")]
    [InlineData("mamba", """{"conv_kernel": 1}""", "conv_kernel")]
    [InlineData("mamba", """{"intermediate_size": 0}""", "intermediate_size")]
    [InlineData("mamba2", """{"n_groups": 3}""", "n_groups")]
    [InlineData("mamba2", """{"head_dim": 8}""", "num_heads")]
    [InlineData("mamba2", """{"time_step_limit": [0.5, 0.1]}""", "time_step_limit[1]")]
    [InlineData("zamba2", """{"layers_block_type": ["mamba"]}""", "layers_block_type")]
    [InlineData("zamba2", """{"attention_head_dim": 16}""", "attention_head_dim")]
    [InlineData("zamba2", """{"use_shared_attention_adapter": true, "num_key_value_heads": 2}""", "use_shared_attention_adapter")]
    [InlineData("falcon_h1", """{"ssm_multipliers": [1, 2]}""", "ssm_multipliers")]
    [InlineData("falcon_h1", """{"mamba_d_head": 7}""", "mamba_n_heads")]
    public void Unsupported_configuration_is_refused_by_the_keys_name(string fixture, string changes, string key)
    {
        var error = Assert.Throws<CheckpointException>(() => DecoderDescription.Of(RandomExport.Config(fixture, changes)));
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama", 149952)]
    [InlineData("qwen2", 150336)]
    [InlineData("phi3", 182720)]
    [InlineData("mamba", 118656)]
    [InlineData("falcon_mamba", 118656)]
    [InlineData("mamba2", 111624)]
    [InlineData("zamba2", 380304)]
    [InlineData("falcon_h1", 260936)]
    [InlineData("gpt_neo", 236160)]
    public void Parameters_are_counted_as_transformers_counts_them(string fixture, long parameters) =>
        Assert.Equal(parameters, DecoderDescription.Of(RandomExport.Config(fixture)).Parameters);

    [Fact]
    public void Every_entry_of_the_catalogue_has_the_parameters_that_it_states()
    {
        // Some publishers round to two digits; falcon-h1-1.5b's own count implies a slightly larger vocabulary than its configuration.
        Assert.NotEmpty(ModelCatalogue.BuiltIn.Entries);
        var wrong = ModelCatalogue.BuiltIn.Entries
            .Select(entry => (entry.Name, Stated: entry.Parameters, Actual: DecoderDescription.Of(entry.Config).Parameters))
            .Where(entry => Math.Abs(entry.Actual - entry.Stated) > (entry.Stated % 1_000_000 == 0 ? entry.Stated * 0.015 : entry.Stated * 1e-4));
        Assert.Equal([], wrong);
    }
}
