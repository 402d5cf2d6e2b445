namespace EdgeFleet.Inference.Decoding;

/// <summary>Takes the logits of one run while they are valid.</summary>
/// <param name="firstPosition">Position in the sequence of the first row.</param>
/// <param name="logits">The logits.</param>
public delegate void LogitsHandler(int firstPosition, LogitsView logits);
