using System.Collections.Immutable;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>GPT-Neo: learned positions, layer norms, unscaled attention that is global or local by layer, plain MLP.</summary>
internal sealed class GptNeoArchitecture : DecoderArchitecture
{
    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["gpt_neo"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Transformer;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable =>
        ["lm_head.weight", "transformer.h.*.attn.attention.bias", "transformer.h.*.attn.attention.masked_bias"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, config.Has("num_layers") ? "num_layers" : "num_hidden_layers");
        var heads = Count(config, config.Has("num_heads") ? "num_heads" : "num_attention_heads");
        if (hidden % heads != 0)
            throw config["hidden_size"].Error($"a multiple of num_heads, which is {heads}");

        var vocabulary = Width(config, "vocab_size");
        var positions = config["max_position_embeddings"].Int(1, GreatestContext);
        var isTied = config["tie_word_embeddings"].Bool(true);
        var epsilon = Epsilon(config, "layer_norm_epsilon", 1e-5);
        var windows = Windows(config, layers);

        var table = graph.Tensor("transformer.wte.weight", vocabulary, hidden);
        var residual = Residual.Of(graph.Embedding(table, 1, isTied))
            .Plus(graph.PositionEmbedding(graph.Tensor("transformer.wpe.weight", positions, hidden)));
        for (var layer = 0; layer < layers; layer++)
            residual = BuildLayer(config, graph, layer, (hidden, heads), windows[layer], epsilon, residual);

        var normalized = graph.LastLayerNorm(
            "transformer.ln_f", residual, graph.Tensor("transformer.ln_f.weight", hidden), graph.Tensor("transformer.ln_f.bias", hidden), epsilon);
        graph.Head(normalized, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, positions, positions);
    }

    private static Residual BuildLayer(
        ModelConfig config, DecoderGraph graph, int layer, (int Hidden, int Heads) size, int? window, double epsilon, Residual residual)
    {
        var hidden = size.Hidden;
        var intermediate = config["intermediate_size"].Int(1, GreatestWidth, 4 * hidden);
        var prefix = $"transformer.h.{layer}";
        var attention = $"{prefix}.attn.attention";
        (var normalized, residual) = graph.LayerNorm(
            $"{prefix}.ln_1", residual, graph.Tensor($"{prefix}.ln_1.weight", hidden), graph.Tensor($"{prefix}.ln_1.bias", hidden), epsilon);
        var packed = graph.Linear($"{attention}.qkv_proj", normalized, WeightMatrix.Stack(
            graph.Tensor($"{attention}.q_proj.weight", hidden, hidden),
            graph.Tensor($"{attention}.k_proj.weight", hidden, hidden),
            graph.Tensor($"{attention}.v_proj.weight", hidden, hidden)));
        var block = new AttentionBlock
        {
            Layer = layer,
            Heads = size.Heads,
            KvHeads = size.Heads,
            HeadSize = hidden / size.Heads,
            Scale = 1,
            Window = window,
            IsRotary = false,
        };
        var attended = graph.Attention(attention, block, AttentionInputs.Packed(packed));
        residual = residual.Plus(graph.Linear(
            $"{attention}.out_proj",
            attended,
            graph.Tensor($"{attention}.out_proj.weight", hidden, hidden),
            graph.Tensor($"{attention}.out_proj.bias", hidden)));
        (normalized, residual) = graph.LayerNorm(
            $"{prefix}.ln_2", residual, graph.Tensor($"{prefix}.ln_2.weight", hidden), graph.Tensor($"{prefix}.ln_2.bias", hidden), epsilon);
        var expanded = graph.Linear(
            $"{prefix}.mlp.c_fc",
            normalized,
            graph.Tensor($"{prefix}.mlp.c_fc.weight", intermediate, hidden),
            graph.Tensor($"{prefix}.mlp.c_fc.bias", intermediate));
        var activated = graph.Activate($"{prefix}.mlp.act", expanded, Activations.Read(config["activation_function"], Activation.GeluTanh));
        return residual.Plus(graph.Linear(
            $"{prefix}.mlp.c_proj",
            activated,
            graph.Tensor($"{prefix}.mlp.c_proj.weight", hidden, intermediate),
            graph.Tensor($"{prefix}.mlp.c_proj.bias", hidden)));
    }

    // attention_types: a list of [pattern, repetitions]; attention_layers is the same, spelled out.
    private static ImmutableArray<int?> Windows(ModelConfig config, int layers)
    {
        var window = config["window_size"].Int(1, int.MaxValue - 1, 256);
        var kinds = new List<ConfigValue>();
        if (config.Has("attention_types"))
        {
            foreach (var entry in config["attention_types"].Array(1, layers))
            {
                var pair = entry.Array(2, 2);
                var pattern = pair[0].Array(1, layers);
                for (var repetition = pair[1].Int(1, layers); repetition > 0; repetition--)
                    kinds.AddRange(pattern);
            }
        }
        else
        {
            kinds.AddRange(config["attention_layers"].Array(layers, layers));
        }

        if (kinds.Count != layers)
            throw config["attention_types"].Error($"kinds for num_layers = {layers} layers, not for {kinds.Count}");
        return [.. kinds.Select(kind => kind.Choice(("global", false), ("local", true)) ? window : (int?)null)];
    }
}
