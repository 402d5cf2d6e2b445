using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Zamba2: Mamba-2 layers; some are preceded by one of a few shared Transformer blocks that reads the stream beside the embeddings and has its
/// own low-rank adapters at each call site.
/// </summary>
internal sealed class Zamba2Architecture : DecoderArchitecture
{
    private const double MixerNormEpsilon = 1e-5;
    private const int LongContext = 16_384;

    /// <inheritdoc/>
    public override ImmutableArray<string> ModelTypes => ["zamba2"];

    /// <inheritdoc/>
    public override ModelFamily Family => ModelFamily.Hybrid;

    /// <inheritdoc/>
    public override ImmutableArray<string> Ignorable => ["lm_head.weight", "model.rotary_emb.inv_freq", "*.self_attn.rotary_emb.inv_freq"];

    /// <inheritdoc/>
    public override DecoderDimensions Build(ModelConfig config, DecoderGraph graph)
    {
        var hidden = Width(config, "hidden_size");
        var layers = Count(config, "num_hidden_layers");
        var vocabulary = Width(config, "vocab_size");
        var isTied = config["tie_word_embeddings"].Bool(true);
        var epsilon = Epsilon(config, "rms_norm_eps", 1e-5);
        var hybrids = Hybrids(config, layers);
        var shared = SharedBlock(config, hidden, hybrids, epsilon);

        // It extends the trained context alone: transformers 5 leaves the base, which version 4 had written stretched into the configuration.
        var isLong = config["use_long_context"].Bool(false);
        if (shared.IsRotary && hybrids.Length > 0)
            graph.UseRotary(RotaryReader.Read(config, shared.HeadSize));

        var mixer = Mixer(config, hidden);
        var table = graph.Tensor("model.embed_tokens.weight", vocabulary, hidden);
        var embeddings = graph.Embedding(table, 1, isTied);
        var residual = Residual.Of(embeddings);
        for (var layer = 0; layer < layers; layer++)
        {
            var site = hybrids.IndexOf(layer);
            var prefix = site < 0 ? $"model.layers.{layer}" : $"model.layers.{layer}.mamba_decoder";
            var norm = graph.Tensor($"{prefix}.input_layernorm.weight", hidden);
            if (site >= 0)
            {
                // The shared block reads the whole stream, and what it gives is added to the mixer's input but not to the stream.
                var stream = Settle(graph, layer, residual);
                var transformed = shared.Build(graph, site, stream, embeddings);
                var normalized = graph.LastRmsNorm($"{prefix}.input_layernorm", Residual.Of(stream).Plus(transformed), norm, epsilon);
                residual = Residual.Of(stream).Plus(graph.Mamba2(mixer with { Layer = layer, Prefix = $"{prefix}.mamba" }, normalized));
            }
            else
            {
                (var normalized, residual) = graph.RmsNorm($"{prefix}.input_layernorm", residual, norm, epsilon);
                residual = residual.Plus(graph.Mamba2(mixer with { Layer = layer, Prefix = $"{prefix}.mamba" }, normalized));
            }
        }

        var last = graph.LastRmsNorm("model.final_layernorm", residual, graph.Tensor("model.final_layernorm.weight", hidden), epsilon);
        graph.Head(last, isTied ? table : graph.Tensor("lm_head.weight", vocabulary, hidden));
        return new DecoderDimensions(vocabulary, layers, hidden, isLong ? LongContext : TrainedContext(config), PositionLimit: null);
    }

    private static Onnx.GraphValue Settle(DecoderGraph graph, int layer, Residual residual) =>
        residual.Pending.IsPresent ? graph.Add($"model.layers.{layer}.stream", residual.Stream, residual.Pending) : residual.Stream;

    // Published configurations call the plain layers 'mamba', transformers 5 'linear_attention'.
    private static ImmutableArray<int> Hybrids(ModelConfig config, int layers)
    {
        var types = config.Has("layers_block_type") ? config["layers_block_type"] : config["layer_types"];
        if (!types.IsPresent)
            throw config["layers_block_type"].Error("a list of 'mamba' and 'hybrid', one a layer");

        var isHybrid = types.Array(layers, layers)
            .Select(type => type.Choice(("mamba", false), ("linear_attention", false), ("mamba2", false), ("hybrid", true)))
            .ToArray();
        return [.. Enumerable.Range(0, layers).Where(layer => isHybrid[layer])];
    }

    private static Zamba2SharedBlock SharedBlock(ModelConfig config, int hidden, ImmutableArray<int> hybrids, double epsilon)
    {
        var heads = Count(config, "num_attention_heads");
        var headSize = 2 * hidden / heads;
        if (config["attention_head_dim"].Int(1, GreatestWidth, headSize) != headSize)
            throw config["attention_head_dim"].Error($"2 * hidden_size / num_attention_heads = {headSize}");

        var kvHeads = KvHeads(config, heads);
        var hasAttentionAdapter = config["use_shared_attention_adapter"].Bool(false);
        if (hasAttentionAdapter && (kvHeads != heads || heads * headSize != 2 * hidden))
            throw config["use_shared_attention_adapter"].Error("false where there are fewer key and value heads than query heads");

        return new Zamba2SharedBlock
        {
            Hidden = hidden,
            Heads = heads,
            KvHeads = kvHeads,
            HeadSize = headSize,
            Intermediate = config["intermediate_size"].Int(1, GreatestWidth, 4 * hidden),
            Activation = Activations.Read(config["hidden_act"], Activation.Gelu),
            Epsilon = epsilon,
            HasMlpBias = config["add_bias_linear"].Bool(false),
            HasAttentionAdapter = hasAttentionAdapter,
            AdapterRank = config["adapter_rank"].Int(1, GreatestWidth, 128),
            IsRotary = config["use_mem_rope"].Bool(false),
            Blocks = config["num_mem_blocks"].Int(1, GreatestCount, 1),
            Hybrids = hybrids,
        };
    }

    private static Mamba2Block Mixer(ModelConfig config, int hidden)
    {
        var heads = config["n_mamba_heads"].Int(1, GreatestCount, 8);
        var inner = (int)(config["mamba_expand"].Float(1e-3, 1e3, 2) * hidden);
        if (inner % heads != 0 || config["mamba_headdim"].Int(1, GreatestWidth, inner / heads) != inner / heads)
            throw config["n_mamba_heads"].Error($"a number that divides mamba_expand * hidden_size = {inner} into heads of mamba_headdim channels");

        var groups = config["mamba_ngroups"].Int(1, heads, 1);
        if (heads % groups != 0)
            throw config["mamba_ngroups"].Error($"a divisor of n_mamba_heads, which is {heads}");

        var hasBias = config["add_bias_linear"].Bool(false);
        return new Mamba2Block
        {
            Layer = 0,
            Prefix = "",
            Hidden = hidden,
            Heads = heads,
            HeadSize = inner / heads,
            Groups = groups,
            StateSize = config["mamba_d_state"].Int(1, GreatestCount, 64),
            ConvWidth = ConvolutionWidth(config, "mamba_d_conv", 4),
            HasConvBias = true,
            HasInBias = hasBias,
            HasOutBias = hasBias,
            MinimumTimeStep = config["time_step_min"].Float(0, 1e6, 0.001),
            Norm = new GatedNormBlock(groups, MixerNormEpsilon, IsBeforeGate: false),
        };
    }
}
