using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Llama and its relatives Qwen2 (biases on queries, keys and values; windows) and Qwen3 (norms on queries and keys; windows):
/// pre-norm, rotary grouped-query attention, gated MLP.
/// </summary>
internal sealed class LlamaArchitecture : DecoderArchitecture
{
    private const int Qwen3HeadSize = 128;
    private const int QwenKvHeads = 32;

    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["llama", "qwen2", "qwen3"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Transformer;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight", "*.self_attn.rotary_emb.inv_freq", "model.rotary_emb.*"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var type = config["model_type"].Text();
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var heads = Count(config, "num_attention_heads");
        var headSize = HeadSize(config, hidden, heads, type == "qwen3" ? Qwen3HeadSize : null);
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(false);
        var epsilon = Epsilon(config, "rms_norm_eps", 1e-6);
        var hasAttentionBias = config["attention_bias"].Bool(false);
        var block = new GatedDecoderLayer
        {
            Hidden = hidden,
            KvHeads = KvHeads(config, heads, type == "llama" ? null : QwenKvHeads),
            Heads = heads,
            HeadSize = headSize,
            Intermediate = Width(config, "intermediate_size"),
            Activation = Activations.Read(config["hidden_act"], Activation.Silu),
            Epsilon = epsilon,
            HasQkvBias = type == "qwen2" || hasAttentionBias,
            HasOutBias = type != "qwen2" && hasAttentionBias,
            HasMlpBias = type == "llama" && config["mlp_bias"].Bool(false),
            HasHeadNorm = type == "qwen3",
        };
        var windows = type == "llama" ? [.. new int?[layers]] : SlidingWindows.OfQwen(config, layers);
        graph.UseRotary(RotaryReader.Read(config, headSize));

        var table = graph.Tensor("model.embed_tokens.weight", vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, 1, isTied));
        for (var layer = 0; layer < layers; layer++)
            residual = block.Build(graph, layer, windows[layer], residual);

        var normalized = graph.LastRmsNorm("model.norm", residual, graph.Tensor("model.norm.weight", hidden), epsilon);
        graph.Head(normalized, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, TrainedContext(config), PositionLimit: null);
    }
}
