using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Phi-3: as Llama, with packed projections in the checkpoint, partial rotation, and one window for all layers.</summary>
internal sealed class Phi3Architecture : DecoderArchitecture
{
    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["phi3"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Transformer;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight", "*.self_attn.rotary_emb.inv_freq", "model.rotary_emb.*"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var heads = Count(config, "num_attention_heads");
        var headSize = HeadSize(config, hidden, heads);
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(false);
        var epsilon = Epsilon(config, "rms_norm_eps", 1e-5);
        var window = config["sliding_window"].IntOrNull(1, int.MaxValue - 1);
        var block = new GatedDecoderLayer
        {
            Hidden = hidden,
            Heads = heads,
            KvHeads = KvHeads(config, heads),
            HeadSize = headSize,
            Intermediate = Width(config, "intermediate_size"),
            Activation = Activations.Read(config["hidden_act"], Activation.Silu),
            Epsilon = epsilon,
            IsPacked = true,
        };
        graph.UseRotary(RotaryReader.Read(config, headSize, canRotatePart: true));

        var table = graph.Tensor("model.embed_tokens.weight", vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, 1, isTied));
        for (var layer = 0; layer < layers; layer++)
            residual = block.Build(graph, layer, window, residual);

        var normalized = graph.LastRmsNorm("model.norm", residual, graph.Tensor("model.norm.weight", hidden), epsilon);
        graph.Head(normalized, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, TrainedContext(config), PositionLimit: null);
    }
}
