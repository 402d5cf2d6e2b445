namespace EdgeFleet.Agent.Tokenization;

/// <summary>A tokenizer is missing, of a kind that is not supported, or broken.</summary>
internal sealed class TokenizerException(string message, Exception? innerException = null) : Exception(message, innerException);
