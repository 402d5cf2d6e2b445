using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Reads activation functions from configurations.</summary>
internal static class Activations
{
    /// <summary>The function that a key names.</summary>
    /// <param name="value">Value of the key.</param>
    /// <param name="fallback">What the architecture uses when the key is absent.</param>
    /// <exception cref="CheckpointException">The function is not supported.</exception>
    public static Activation Read(ConfigValue value, Activation fallback) => !value.IsPresent ? fallback : value.Choice(
        ("silu", Activation.Silu),
        ("swish", Activation.Silu),
        ("gelu", Activation.Gelu),
        ("gelu_python", Activation.Gelu),
        ("gelu_new", Activation.GeluTanh),
        ("gelu_fast", Activation.GeluTanh),
        ("gelu_accurate", Activation.GeluTanh),
        ("gelu_pytorch_tanh", Activation.GeluTanh),
        ("gelu_python_tanh", Activation.GeluTanh),
        ("quick_gelu", Activation.QuickGelu),
        ("relu", Activation.Relu),
        ("relu2", Activation.ReluSquared),
        ("tanh", Activation.Tanh),
        ("sigmoid", Activation.Sigmoid),
        ("linear", Activation.Linear));
}
