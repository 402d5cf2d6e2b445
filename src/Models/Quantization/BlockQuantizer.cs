using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgeFleet.Models.Quantization;

/// <summary>
/// Quantises single blocks of 32. Sums have a fixed order and nothing is contracted to fused multiply-adds, so that every architecture
/// computes the same bits. Vectors are of 128 bits: what ahead-of-time compiled programs have on every machine.
/// </summary>
internal static class BlockQuantizer
{
    private const int Lanes = 4;
    private const int Step = 2 * Lanes;
    private const float Rounder = 12_582_912;
    private const uint MagnitudeBits = 0x7FFF_FFFF;

    // Where the weight of greatest magnitude may land, in steps. -8 uses the whole range; the others trade its exactness
    // for the rest of the block (the idea of llama.cpp's make_qx_quants, with a coarser grid).
    private static ReadOnlySpan<float> ExtremeSteps => [-8f, -8.6f, -7.4f, -6.8f, 7.3f, 6.7f];

    /// <summary>Chooses a scale for q in -8..7 and writes the 32 values of q + 8. Returns the scale.</summary>
    /// <param name="block">32 weights.</param>
    /// <param name="isHalf">Whether the scale is stored as float16, to which it is then rounded; else it is float32.</param>
    /// <param name="quants">Receives 32 values in 0..15.</param>
    /// <exception cref="NotFiniteNumberException">A weight is not finite, or the scale leaves its type's range.</exception>
    public static float Quantize4(ReadOnlySpan<float> block, bool isHalf, Span<byte> quants)
    {
        ref var x = ref MemoryMarshal.GetReference(block[..BlockLayout.BlockSize]);
        var scale = BestScale(ref x, Extreme(ref x));
        scale = isHalf ? (float)(Half)scale : scale;
        if (!float.IsFinite(scale))
        {
            throw new NotFiniteNumberException("Weights are too large: their scale leaves the range of its type.");
        }

        var inverse = 1 / scale;
        if (!float.IsFinite(inverse))
        {
            quants[..BlockLayout.BlockSize].Fill(8);
            return 0;
        }

        Write(ref x, inverse, (-8f, 7f), 8, quants);
        return scale;
    }

    /// <summary>Chooses the scale greatest magnitude / 127 and writes 32 signed values. Returns the scale.</summary>
    /// <param name="block">32 weights.</param>
    /// <param name="quants">Receives 32 values in -127..127.</param>
    /// <exception cref="NotFiniteNumberException">A weight is not finite, or the scale leaves float16's range.</exception>
    public static Half Quantize8(ReadOnlySpan<float> block, Span<byte> quants)
    {
        ref var x = ref MemoryMarshal.GetReference(block[..BlockLayout.BlockSize]);
        var scale = (Half)(Math.Abs(Extreme(ref x)) / 127);
        if (!Half.IsFinite(scale))
        {
            throw new NotFiniteNumberException("Weights are too large: their scale leaves float16's range.");
        }

        var inverse = 1 / (float)scale;
        if (!float.IsFinite(inverse))
        {
            quants[..BlockLayout.BlockSize].Clear();
            return default;
        }

        Write(ref x, inverse, (-127f, 127f), 0, quants);
        return scale;
    }

    // The weight of greatest magnitude; the positive one of two. Magnitudes compare as integers do, and NaN is the greatest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Extreme(ref float x)
    {
        var mask = Vector128.Create(MagnitudeBits);
        var greatest = Vector128<uint>.Zero;
        for (nuint i = 0; i < BlockLayout.BlockSize; i += Lanes)
        {
            greatest = Vector128.Max(greatest, Vector128.LoadUnsafe(ref x, i).AsUInt32() & mask);
        }

        var bits = Math.Max(
            Math.Max(greatest.GetElement(0), greatest.GetElement(1)), Math.Max(greatest.GetElement(2), greatest.GetElement(3)));
        var magnitude = BitConverter.UInt32BitsToSingle(bits);
        if (!float.IsFinite(magnitude))
        {
            throw new NotFiniteNumberException("A weight is not finite.");
        }

        var wanted = Vector128.Create(magnitude);
        var found = Vector128<float>.Zero;
        for (nuint i = 0; i < BlockLayout.BlockSize; i += Lanes)
        {
            found |= Vector128.Equals(Vector128.LoadUnsafe(ref x, i), wanted);
        }

        return found == Vector128<float>.Zero ? -magnitude : magnitude;
    }

    // With q fixed, the best scale is sum(xq) / sum(qq), and it lowers the squared error by sum(xq)^2 / sum(qq).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float BestScale(ref float x, float extreme)
    {
        float best = 0, scale = 0;
        foreach (var step in ExtremeSteps)
        {
            var inverse = step / extreme;
            if (!float.IsFinite(inverse))
            {
                break;
            }

            var factor = Vector128.Create(inverse);
            var low = Vector128.Create(-8f);
            var high = Vector128.Create(7f);
            Vector128<float> xq0 = default, xq1 = default, qq0 = default, qq1 = default;
            for (nuint i = 0; i < BlockLayout.BlockSize; i += Step)
            {
                var x0 = Vector128.LoadUnsafe(ref x, i);
                var x1 = Vector128.LoadUnsafe(ref x, i + Lanes);
                var q0 = Round(x0 * factor, low, high);
                var q1 = Round(x1 * factor, low, high);
                xq0 += x0 * q0;
                xq1 += x1 * q1;
                qq0 += q0 * q0;
                qq1 += q1 * q1;
            }

            var xq = Sum(xq0 + xq1);
            var qq = Sum(qq0 + qq1);
            var gain = xq / qq * xq;
            if (gain > best)
            {
                best = gain;
                scale = xq / qq;
            }
        }

        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ref float x, float inverse, (float Low, float High) range, int offset, Span<byte> quants)
    {
        ref var destination = ref MemoryMarshal.GetReference(quants[..BlockLayout.BlockSize]);
        var factor = Vector128.Create(inverse);
        var low = Vector128.Create(range.Low);
        var high = Vector128.Create(range.High);
        var shift = Vector128.Create(offset);
        for (nuint i = 0; i < BlockLayout.BlockSize; i += 4 * Lanes)
        {
            var q0 = Integers(ref x, i);
            var q1 = Integers(ref x, i + Lanes);
            var q2 = Integers(ref x, i + (2 * Lanes));
            var q3 = Integers(ref x, i + (3 * Lanes));
            var narrow = Vector128.NarrowWithSaturation(
                Vector128.NarrowWithSaturation(q0, q1), Vector128.NarrowWithSaturation(q2, q3));
            narrow.AsByte().StoreUnsafe(ref destination, i);
        }

        // The sum is a whole number already, so that any rounding of the conversion gives it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector128<int> Integers(ref float x, nuint i) =>
            Vector128.ConvertToInt32Native(Round(Vector128.LoadUnsafe(ref x, i) * factor, low, high)) + shift;
    }

    // To the nearest, halves to even: adding 1.5 x 2^23 leaves no bits for a fraction, and what is rounded here is below 2^22.
    // The native minimum and maximum differ between architectures for NaN and signed zeros only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Round(Vector128<float> x, Vector128<float> low, Vector128<float> high) =>
        Vector128.MinNative(Vector128.MaxNative(x + Vector128.Create(Rounder) - Vector128.Create(Rounder), low), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector128<float> x) => x.GetElement(0) + x.GetElement(2) + (x.GetElement(1) + x.GetElement(3));
}
