using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>What a node of a convolution takes and gives beside the tokens.</summary>
/// <param name="Weight">float32 [channels, width].</param>
/// <param name="Bias">float32 [channels], or absent.</param>
/// <param name="Past">The window before the tokens.</param>
/// <param name="Present">The window behind them, an output of the node.</param>
internal sealed record ConvolutionOperands(GraphValue Weight, GraphValue Bias, GraphValue Past, GraphValue Present);
