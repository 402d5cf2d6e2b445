using CsCheck;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Weights;

public sealed class BFloat16ConversionTests
{
    [Fact]
    public void Every_bfloat16_survives_the_way_through_float32()
    {
        var all = Enumerable.Range(0, 1 << 16).Select(static bits => (ushort)bits).ToArray();
        var singles = new float[all.Length];
        BFloat16Conversion.ToSingle(all, singles);
        var back = new ushort[all.Length];
        BFloat16Conversion.FromSingle(singles, back);
        for (var bits = 0; bits < all.Length; bits++)
        {
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(singles[bits]));
            // What is not a number stays so, and becomes quiet.
            Assert.Equal(float.IsNaN(singles[bits]) ? bits | 0x40 : bits, back[bits]);
        }
    }

    // Of the two neighbours the nearer one, and between equals the one whose last bit is 0: by their distances in double precision.
    [Fact]
    public void A_number_is_rounded_to_the_nearest_and_a_tie_to_even()
    {
        static double Value(int bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
        Gen.Float.Array[1, 40].Sample(values =>
        {
            var rounded = new ushort[values.Length];
            BFloat16Conversion.FromSingle(values, rounded);
            for (var i = 0; i < values.Length; i++)
            {
                Assert.Equal(BFloat16Conversion.FromSingle(values[i]), rounded[i]);
                if (!float.IsFinite(values[i]) || Math.Abs(values[i]) > BFloat16Conversion.MaxValue)
                    continue;

                var below = (int)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
                var (near, far) = (Math.Abs(values[i] - Value(below)), Math.Abs(values[i] - Value(below + 1)));
                var expected = near < far || (near == far && below % 2 == 0) ? below : below + 1;
                Assert.Equal(expected, rounded[i]);
            }
        });
    }

    [Theory]
    [InlineData(1.00390625f, 0x3f80)] // 1 + 2^-8, between 1 and its neighbour: to the even one.
    [InlineData(1.01171875f, 0x3f82)] // 1 + 3 * 2^-8, likewise.
    [InlineData(1.00390637f, 0x3f81)] // Just above the middle.
    [InlineData(-0f, 0x8000)]
    [InlineData(3.38953139e38f, 0x7f7f)]
    [InlineData(3.4e38f, 0x7f80)] // Beyond the range.
    [InlineData(float.NegativeInfinity, 0xff80)]
    [InlineData(1e-45f, 0x0000)]
    public void Known_values(float value, int bits)
    {
        var rounded = new ushort[17];
        BFloat16Conversion.FromSingle(Enumerable.Repeat(value, rounded.Length).ToArray(), rounded);
        Assert.All(rounded, found => Assert.Equal(bits, found));
    }
}
