using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>A causal depthwise convolution.</summary>
/// <param name="Layer">Decoder layer, from 0.</param>
/// <param name="Prefix">Prefix of the tensors.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Width">Width of the kernel.</param>
/// <param name="Weight">[channels, width].</param>
/// <param name="Bias">[channels], or null.</param>
/// <param name="Activation">Activation behind it.</param>
internal sealed record ConvolutionBlock(
    int Layer, string Prefix, int Channels, int Width, WeightMatrix Weight, WeightMatrix? Bias, Activation Activation);
