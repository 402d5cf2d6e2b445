namespace EdgeFleet.Inference.Decoding;

/// <summary>An artifact cannot be decoded as asked: its graph and manifest disagree, or a scenario is past its limits.</summary>
/// <param name="message">What, where, and what to do.</param>
public sealed class DecoderException(string message) : Exception(message);
