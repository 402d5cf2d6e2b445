namespace EdgeFleet.Models.Architectures;

/// <summary>Activation functions that configurations name (transformers' ACT2FN).</summary>
internal enum Activation
{
    /// <summary>x * sigmoid(x).</summary>
    Silu,

    /// <summary>x * Phi(x), by the error function.</summary>
    Gelu,

    /// <summary>GELU's tanh approximation.</summary>
    GeluTanh,

    /// <summary>x * sigmoid(1.702 x).</summary>
    QuickGelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>max(x, 0)^2.</summary>
    ReluSquared,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>sigmoid(x).</summary>
    Sigmoid,

    /// <summary>x.</summary>
    Linear,
}
