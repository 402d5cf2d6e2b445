using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>Causal grouped-query attention with its cache, without the projections around it.</summary>
internal sealed record AttentionBlock
{
    /// <summary>Decoder layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Channels per head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Factor of the scores; null for 1 / sqrt(head size).</summary>
    public double? Scale { get; init; }

    /// <summary>Tokens that a query sees, itself included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Whether queries and keys are rotated by the graph's tables.</summary>
    public required bool IsRotary { get; init; }

    /// <summary>RMS norm weight [head size] of the queries, before rotation; null for none.</summary>
    public WeightMatrix? QueryNorm { get; init; }

    /// <summary>RMS norm weight [head size] of the keys; null for none.</summary>
    public WeightMatrix? KeyNorm { get; init; }

    /// <summary>Epsilon of these norms.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Channels of the queries.</summary>
    public int QueryWidth => Heads * HeadSize;

    /// <summary>Channels of the keys, and of the values.</summary>
    public int KvWidth => KvHeads * HeadSize;
}
