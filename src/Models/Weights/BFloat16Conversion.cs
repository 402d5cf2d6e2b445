using System.Numerics;
using System.Runtime.InteropServices;

namespace EdgeFleet.Models.Weights;

/// <summary>Conversions between float32 and bfloat16, which is the upper half of binary32 and is held as its 16 bits.</summary>
public static class BFloat16Conversion
{
    /// <summary>The greatest finite number.</summary>
    public const float MaxValue = 3.38953139e38f;

    private const uint Quiet = 0x0040;

    /// <summary>Widens; exact.</summary>
    /// <param name="source">bfloat16.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination)[..source.Length];
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var lower, out var upper);
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }

    /// <summary>Widens one value; exact.</summary>
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds to the nearest, ties to even. What is beyond the range becomes infinite, what is not a number stays so.</summary>
    /// <param name="source">float32.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var to = destination[..source.Length];
        var i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var lower = Round(new Vector<uint>(bits[i..]));
            var upper = Round(new Vector<uint>(bits[(i + Vector<uint>.Count)..]));
            Vector.Narrow(lower, upper).CopyTo(to[i..]);
        }

        for (; i < bits.Length; i++)
            to[i] = FromSingle(source[i]);
    }

    /// <summary>Rounds one value to the nearest, ties to even.</summary>
    public static ushort FromSingle(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? (bits >> 16) | Quiet : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    private static Vector<uint> Round(Vector<uint> bits)
    {
        var kept = bits >> 16;
        var rounded = (bits + new Vector<uint>(0x7fff) + (kept & Vector<uint>.One)) >> 16;
        var isNumber = Vector.LessThanOrEqual(bits & new Vector<uint>(0x7fffffff), new Vector<uint>(0x7f800000));
        return Vector.ConditionalSelect(isNumber, rounded, kept | new Vector<uint>(Quiet));
    }
}
