namespace EdgeFleet.Models.Architectures;

/// <summary>A Mamba-1 mixer (Gu and Dao 2023, arXiv 2312.00752).</summary>
internal sealed record Mamba1Block
{
    /// <summary>Decoder layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Prefix of the tensors, e.g. <c>backbone.layers.0.mixer</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Channels of the recurrence.</summary>
    public required int Inner { get; init; }

    /// <summary>State elements per channel.</summary>
    public required int StateSize { get; init; }

    /// <summary>Rank of the projection to dt.</summary>
    public required int TimeStepRank { get; init; }

    /// <summary>Width of the convolution.</summary>
    public required int ConvWidth { get; init; }

    /// <summary>Activation of the convolution; the gate's is SiLU whatever it is, as in the kernels of the paper and in transformers 5.</summary>
    public required Activation ConvActivation { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    public required bool HasConvBias { get; init; }

    /// <summary>Whether the projections in and out have biases.</summary>
    public required bool HasProjectionBias { get; init; }

    /// <summary>Epsilon of the RMS norms of dt, B and C without weights (Falcon-Mamba); null for none.</summary>
    public double? ParameterNormEpsilon { get; init; }
}
