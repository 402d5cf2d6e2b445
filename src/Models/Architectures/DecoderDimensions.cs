namespace EdgeFleet.Models.Architectures;

/// <summary>What a configuration says about a decoder as a whole.</summary>
/// <param name="Vocabulary">Rows of the logits.</param>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="TrainedContext">Context length of training; null where the configuration does not say.</param>
/// <param name="PositionLimit">Longest sequence that can run at all; null for no limit.</param>
internal sealed record DecoderDimensions(int Vocabulary, int Layers, int Hidden, int? TrainedContext, int? PositionLimit);
