namespace EdgeFleet.Inference.Profiling;

/// <summary>Classes of operators (docs/measurement.md).</summary>
public enum OperatorClass
{
    /// <summary>Recurrences of state space layers.</summary>
    SsmScan,

    /// <summary>Causal convolutions.</summary>
    CausalConv,

    /// <summary>Attention and rotary embedding.</summary>
    Attention,

    /// <summary>Projections.</summary>
    Gemm,

    /// <summary>The product that makes logits.</summary>
    LmHead,

    /// <summary>RMS and layer norm, with skip or gate.</summary>
    Normalization,

    /// <summary>SiLU, GELU, softplus, gated activation.</summary>
    Activation,

    /// <summary>Additions, products, scalings, comparisons.</summary>
    Elementwise,

    /// <summary>Look-up in the embedding table.</summary>
    Embedding,

    /// <summary>Moves, casts, shapes, copies between devices.</summary>
    Memory,

    /// <summary>Choice of the next token.</summary>
    Sampling,

    /// <summary>Anything else.</summary>
    Other,
}
