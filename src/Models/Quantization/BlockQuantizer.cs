using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgeFleet.Models.Quantization;

/// <summary>
/// Quantises single blocks of 32. Sums have a fixed order and nothing is contracted to fused multiply-adds, so that every architecture
/// computes the same bits.
/// </summary>
internal static class BlockQuantizer
{
    private const int Lanes = 8;

    // Where the weight of greatest magnitude may land, in steps. -8 uses the whole range; the others trade its exactness
    // for the rest of the block (the idea of llama.cpp's make_qx_quants, with a coarser grid).
    private static readonly float[] ExtremeSteps = [-8f, -8.6f, -7.4f, -6.8f, 7.3f, 6.7f];

    /// <summary>Chooses a scale for q in -8..7 and writes the 32 values of q + 8. Returns the scale.</summary>
    /// <param name="block">32 weights.</param>
    /// <param name="roundScale">Rounds a scale to its stored type.</param>
    /// <param name="quants">Receives 32 values in 0..15.</param>
    /// <exception cref="NotFiniteNumberException">A weight is not finite, or the scale leaves its type's range.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Quantize4(ReadOnlySpan<float> block, Func<float, float> roundScale, Span<byte> quants)
    {
        ref var start = ref MemoryMarshal.GetReference(block);
        var x0 = Vector256.LoadUnsafe(ref start, 0);
        var x1 = Vector256.LoadUnsafe(ref start, Lanes);
        var x2 = Vector256.LoadUnsafe(ref start, 2 * Lanes);
        var x3 = Vector256.LoadUnsafe(ref start, 3 * Lanes);
        var largest = Vector256.Max(Vector256.Max(x0, x1), Vector256.Max(x2, x3));
        var least = Vector256.Min(Vector256.Min(x0, x1), Vector256.Min(x2, x3));
        var maximum = Maximum(largest);
        var minimum = -Maximum(-least);
        var extreme = maximum >= -minimum ? maximum : minimum;
        if (!float.IsFinite(maximum - minimum))
        {
            throw new NotFiniteNumberException("A weight is not finite, or too large to be quantised.");
        }

        if (extreme == 0)
        {
            quants[..BlockLayout.BlockSize].Fill(8);
            return 0;
        }

        // With q fixed, the best scale is sum(xq) / sum(qq), and it lowers the squared error by sum(xq)^2 / sum(qq).
        float best = 0, scale = 0;
        foreach (var step in ExtremeSteps)
        {
            var inverse = step / extreme;
            if (!float.IsFinite(inverse))
            {
                break;
            }

            var factor = Vector256.Create(inverse);
            var q0 = Steps(x0 * factor);
            var q1 = Steps(x1 * factor);
            var q2 = Steps(x2 * factor);
            var q3 = Steps(x3 * factor);
            var xq = Sum((x0 * q0) + (x1 * q1) + ((x2 * q2) + (x3 * q3)));
            var qq = Sum((q0 * q0) + (q1 * q1) + ((q2 * q2) + (q3 * q3)));
            var gain = xq / qq * xq;
            if (gain > best)
            {
                best = gain;
                scale = xq / qq;
            }
        }

        scale = roundScale(scale);
        if (!float.IsFinite(scale))
        {
            throw new NotFiniteNumberException("Weights are too large: their scale leaves the range of its type.");
        }

        var final = 1 / scale;
        if (!float.IsFinite(final))
        {
            quants[..BlockLayout.BlockSize].Fill(8);
            return 0;
        }

        var reciprocal = Vector256.Create(final);
        var eight = Vector256.Create(8);
        var i0 = Vector256.ConvertToInt32(Steps(x0 * reciprocal)) + eight;
        var i1 = Vector256.ConvertToInt32(Steps(x1 * reciprocal)) + eight;
        var i2 = Vector256.ConvertToInt32(Steps(x2 * reciprocal)) + eight;
        var i3 = Vector256.ConvertToInt32(Steps(x3 * reciprocal)) + eight;
        Vector256.Narrow(Vector256.Narrow(i0, i1), Vector256.Narrow(i2, i3)).AsByte().CopyTo(quants);
        return scale;
    }

    /// <summary>Chooses the scale greatest magnitude / 127 and writes 32 signed values. Returns the scale.</summary>
    /// <param name="block">32 weights.</param>
    /// <param name="quants">Receives 32 values in -127..127.</param>
    /// <exception cref="NotFiniteNumberException">A weight is not finite, or the scale leaves float16's range.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Half Quantize8(ReadOnlySpan<float> block, Span<byte> quants)
    {
        ref var start = ref MemoryMarshal.GetReference(block);
        var x0 = Vector256.LoadUnsafe(ref start, 0);
        var x1 = Vector256.LoadUnsafe(ref start, Lanes);
        var x2 = Vector256.LoadUnsafe(ref start, 2 * Lanes);
        var x3 = Vector256.LoadUnsafe(ref start, 3 * Lanes);
        var magnitude = Maximum(Vector256.Max(
            Vector256.Max(Vector256.Abs(x0), Vector256.Abs(x1)), Vector256.Max(Vector256.Abs(x2), Vector256.Abs(x3))));
        var scale = (Half)(magnitude / 127);
        if (!Half.IsFinite(scale))
        {
            throw new NotFiniteNumberException("A weight is not finite, or too large: its scale leaves float16's range.");
        }

        var inverse = 1 / (float)scale;
        if (!float.IsFinite(inverse))
        {
            quants[..BlockLayout.BlockSize].Clear();
            return default;
        }

        var reciprocal = Vector256.Create(inverse);
        var i0 = Signed(x0 * reciprocal);
        var i1 = Signed(x1 * reciprocal);
        var i2 = Signed(x2 * reciprocal);
        var i3 = Signed(x3 * reciprocal);
        Vector256.Narrow(Vector256.Narrow(i0, i1), Vector256.Narrow(i2, i3)).AsByte().CopyTo(quants);
        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Steps(Vector256<float> x) =>
        Vector256.Min(Vector256.Max(Vector256.Round(x), Vector256.Create(-8f)), Vector256.Create(7f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Signed(Vector256<float> x) =>
        Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(Vector256.Round(x), Vector256.Create(-127f)), Vector256.Create(127f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> x)
    {
        var four = x.GetLower() + x.GetUpper();
        return four.GetElement(0) + four.GetElement(2) + (four.GetElement(1) + four.GetElement(3));
    }

    // Vector256.Max hands on a NaN of either side (IEEE 754 maximum).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Maximum(Vector256<float> x)
    {
        var four = Vector128.Max(x.GetLower(), x.GetUpper());
        return MathF.Max(MathF.Max(four.GetElement(0), four.GetElement(1)), MathF.Max(four.GetElement(2), four.GetElement(3)));
    }
}
