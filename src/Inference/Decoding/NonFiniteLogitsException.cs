using System.Globalization;

namespace EdgeFleet.Inference.Decoding;

/// <summary>A model gave a logit that is not a number: its activations left the range of their type, or its weights are damaged.</summary>
/// <param name="sequence">Sequence of the batch.</param>
/// <param name="position">Position among those that have logits.</param>
/// <param name="token">First token whose logit is not a number.</param>
public sealed class NonFiniteLogitsException(int sequence, int position, int token) : Exception(string.Create(
    CultureInfo.InvariantCulture,
    $"The logit of token {token} is not a number (sequence {sequence}, position {position}): out of range, or damaged weights. Try fp32."))
{
    /// <summary>Sequence of the batch.</summary>
    public int Sequence { get; } = sequence;

    /// <summary>Position among those that have logits.</summary>
    public int Position { get; } = position;

    /// <summary>First token whose logit is not a number.</summary>
    public int Token { get; } = token;
}
