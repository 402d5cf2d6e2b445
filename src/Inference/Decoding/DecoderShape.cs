using System.Globalization;
using System.Numerics;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Sizes that a decoder's state is allocated for.</summary>
/// <param name="Batch">Sequences that are decoded together; at least 1.</param>
/// <param name="TotalLength">Tokens of prompt and generation together, at most; decides longrope's factors and dynamic's base too.</param>
public sealed record DecoderShape(int Batch, int TotalLength)
{
    /// <summary>Whether the capacity is rounded up to a power of two, so that scenarios share buffers and captured graphs.</summary>
    /// <value>False.</value>
    public bool PowerOfTwoCapacity { get; init; }

    /// <summary>Positions that caches and rotary tables are allocated for.</summary>
    public int Capacity => PowerOfTwoCapacity ? checked((int)BitOperations.RoundUpToPowerOf2((uint)TotalLength)) : TotalLength;

    /// <summary>Refuses sizes below 1.</summary>
    /// <exception cref="ArgumentException">A size is below 1.</exception>
    internal void Validate()
    {
        if (Batch < 1 || TotalLength < 1)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"Batch {Batch} and total length {TotalLength} must both be at least 1."));
        }
    }
}
