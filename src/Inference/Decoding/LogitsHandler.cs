namespace EdgeFleet.Inference.Decoding;

/// <summary>Takes the logits of one run while they are valid.</summary>
/// <param name="firstPosition">Position in the sequence of the first row.</param>
/// <param name="firstSequence">Sequence of the batch that is the view's first.</param>
/// <param name="logits">The logits, of all sequences or of one.</param>
public delegate void LogitsHandler(int firstPosition, int firstSequence, LogitsView logits);
