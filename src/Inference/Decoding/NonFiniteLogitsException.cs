using System.Globalization;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>A model gave a logit that is not a number: its activations left the range of their type, or its weights are damaged.</summary>
/// <param name="sequence">Sequence of the batch.</param>
/// <param name="position">Position among those that have logits.</param>
/// <param name="token">First token whose logit is not a number.</param>
/// <param name="type">Type of the logits: bfloat16 and float32 have all the range that there is.</param>
public sealed class NonFiniteLogitsException(int sequence, int position, int token, OrtElementType type) : Exception(string.Create(
    CultureInfo.InvariantCulture,
    $"The logit of token {token} is not a number (sequence {sequence}, position {position}): {Reason(type)}"))
{
    /// <summary>Sequence of the batch.</summary>
    public int Sequence { get; } = sequence;

    /// <summary>Position among those that have logits.</summary>
    public int Position { get; } = position;

    /// <summary>First token whose logit is not a number.</summary>
    public int Token { get; } = token;

    private static string Reason(OrtElementType type) => type == OrtElementType.Float16
        ? "out of float16's range, or damaged weights. Try --precision fp32."
        : "the weights are damaged. Check the checkpoint's files by their hashes.";
}
