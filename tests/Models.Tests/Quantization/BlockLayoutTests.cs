using System.Runtime.InteropServices;
using CsCheck;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Quantization;
using Xunit;

namespace EdgeFleet.Models.Tests.Quantization;

public sealed class BlockLayoutTests
{
    private static readonly BlockLayout[] Layouts =
        [BlockLayout.Int8RowMajor, BlockLayout.Int4Tiled, BlockLayout.MatMulNBitsFloat16, BlockLayout.MatMulNBitsFloat32];

    private static readonly Gen<(BlockLayout Layout, int Rows, int Columns, int Seed)> Matrices = Gen.Select(
        Gen.Int[0, 3].Select(i => Layouts[i]),
        Gen.Int[1, 50],
        Gen.Int[1, 6].Select(blocks => blocks * 32),
        Gen.Int[0, int.MaxValue - 1]);

    [Fact]
    public void Every_weight_comes_back_within_the_step_of_its_block() => Matrices.Sample(matrix =>
    {
        var (layout, rows, columns, seed) = matrix;
        var weights = RandomWeights(rows * columns, seed);
        var restored = RoundTrip(layout, weights, columns);
        for (var block = 0; block < weights.Length / 32; block++)
        {
            var original = weights.AsSpan(block * 32, 32);
            var greatest = original.ToArray().Max(MathF.Abs);
            for (var i = 0; i < 32; i++)
            {
                // 4 bits: the least step tried is 1/8.6 of the greatest weight, and one of the other sign may be clipped to 7 of
                // them, so 1.6 steps, and a little for the refined scale. 8 bits: half of 1/127.
                var tolerance = greatest * (layout.Bits == 4 ? 0.22f : 0.5f / 127 * 1.01f);
                Assert.InRange(MathF.Abs(original[i] - restored[(block * 32) + i]), 0, tolerance);
            }
        }
    }, iter: 200);

    [Fact]
    public void The_search_for_a_scale_is_no_worse_than_using_the_greatest_weight_alone() => Gen.Int[0, int.MaxValue - 1].Sample(seed =>
    {
        var weights = RandomWeights(64 * 32, seed);
        double searched = 0, plain = 0;
        var restored = RoundTrip(BlockLayout.MatMulNBitsFloat32, weights, 32);
        for (var block = 0; block < 64; block++)
        {
            var values = weights.AsSpan(block * 32, 32).ToArray();
            var extreme = values.MaxBy(MathF.Abs);
            var scale = extreme / -8;
            for (var i = 0; i < 32; i++)
            {
                var q = Math.Clamp(MathF.Round(values[i] / scale), -8, 7);
                plain += Math.Pow(values[i] - (q * scale), 2);
                searched += Math.Pow(values[i] - restored[(block * 32) + i], 2);
            }
        }

        Assert.True(searched < 0.95 * plain, $"{searched} {plain}");
    }, iter: 50);

    [Fact]
    public void What_was_quantised_once_is_quantised_without_error_again() => Matrices.Sample(matrix =>
    {
        var (layout, rows, columns, seed) = matrix;
        if (layout.Bits == 8)
        {
            var once = RoundTrip(layout, RandomWeights(rows * columns, seed), columns);
            Assert.Equal(once, RoundTrip(layout, once, columns));
        }
    }, iter: 100);

    [Fact]
    public void Eight_bit_rows_are_signed_bytes_in_order()
    {
        var row = new float[32];
        row[0] = 127;
        row[1] = -127;
        row[31] = 3;
        var (weights, scales) = Quantize(BlockLayout.Int8RowMajor, row, 32);
        Assert.Equal((Half)1, MemoryMarshal.Read<Half>(scales));
        Assert.Equal(127, (sbyte)weights[0]);
        Assert.Equal(-127, (sbyte)weights[1]);
        Assert.Equal(3, (sbyte)weights[31]);
    }

    [Fact]
    public void Four_bit_tiles_lie_as_the_contract_says()
    {
        const int Rows = 35;
        const int Columns = 96;
        var random = new Random(7);
        var q = new int[Rows * Columns];
        var values = new float[Rows * Columns];
        for (var n = 0; n < Rows; n++)
        {
            for (var k = 0; k < Columns; k++)
            {
                // Every block holds -8, so that its only exact scale is the one chosen here.
                q[(n * Columns) + k] = k % 32 == n % 32 ? -8 : random.Next(-8, 8);
                values[(n * Columns) + k] = q[(n * Columns) + k] * ScaleOf(n, k / 32);
            }
        }

        var (weights, scales) = Quantize(BlockLayout.Int4Tiled, values, Columns);
        var halves = MemoryMarshal.Cast<byte, Half>(scales);
        Assert.Equal(48 * Columns / 2, weights.Length);
        for (var n = 0; n < 48; n++)
        {
            for (var k = 0; k < Columns; k++)
            {
                var (tile, r, b, inBlock) = (n / 16, n % 16, k / 32, k % 32);
                var j = inBlock % 16 / 4;
                var packed = weights[(tile * (Columns / 32) * 256) + (b * 256) + (64 * j) + (4 * r) + (inBlock % 4)];
                var nibble = inBlock < 16 ? packed & 15 : packed >> 4;
                Assert.Equal(n < Rows ? q[(n * Columns) + k] + 8 : 8, nibble);
                Assert.Equal(n < Rows ? (Half)ScaleOf(n, b) : default, halves[(((tile * (Columns / 32)) + b) * 16) + r]);
            }
        }

        static float ScaleOf(int n, int block) => (1 + (n % 5)) * MathF.ScaleB(1, block - 3);
    }

    [Fact]
    public void MatMulNBits_has_even_columns_in_low_nibbles()
    {
        var row = Enumerable.Range(0, 32).Select(k => (float)((k % 16) - 8)).ToArray();
        var (weights, scales) = Quantize(BlockLayout.MatMulNBitsFloat32, row, 32);
        Assert.Equal(1f, MemoryMarshal.Read<float>(scales));
        for (var k = 0; k < 32; k++)
        {
            Assert.Equal(k % 16, (weights[k / 2] >> (4 * (k % 2))) & 15);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_wherever_they_stand(float bad)
    {
        foreach (var layout in (BlockLayout[])[BlockLayout.Int8RowMajor, BlockLayout.Int4Tiled, BlockLayout.MatMulNBitsFloat32])
        {
            for (var position = 0; position < 32; position++)
            {
                var row = Enumerable.Repeat(1f, 32).ToArray();
                row[position] = bad;
                Assert.Throws<NotFiniteNumberException>(() => Quantize(layout, row, 32));
            }
        }
    }

    [Theory]
    [InlineData(1e7f)]
    [InlineData(3e38f)]
    public void Scales_beyond_float16_are_refused(float large)
    {
        var row = Enumerable.Repeat(large, 32).ToArray();
        Assert.Throws<NotFiniteNumberException>(() => Quantize(BlockLayout.Int8RowMajor, row, 32));
        Assert.Throws<NotFiniteNumberException>(() => Quantize(BlockLayout.Int4Tiled, row, 32));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-45f)]
    [InlineData(-1e-30f)]
    public void Weights_too_small_for_a_scale_become_zero(float small)
    {
        var row = Enumerable.Repeat(small, 32).ToArray();
        foreach (var layout in (BlockLayout[])[BlockLayout.Int8RowMajor, BlockLayout.Int4Tiled, BlockLayout.MatMulNBitsFloat16])
        {
            Assert.All(RoundTrip(layout, row, 32), value => Assert.Equal(0f, value));
        }
    }

    [Fact]
    public void Packing_in_chunks_equals_packing_at_once() => Matrices.Sample(matrix =>
    {
        var (layout, rows, columns, seed) = matrix;
        var values = RandomWeights(rows * columns, seed);
        using var weights = new MemoryStream();
        using var scales = new MemoryStream();
        MatrixPacker.Pack(
            layout,
            "w",
            rows,
            columns,
            (first, destination) => values.AsSpan((int)first * columns, destination.Length).CopyTo(destination),
            weights,
            scales,
            TestContext.Current.CancellationToken);
        var expected = Quantize(layout, values, columns);
        Assert.Equal(expected.Weights, weights.ToArray());
        Assert.Equal(expected.Scales, scales.ToArray());
    }, iter: 100);

    [Fact]
    public void Packing_many_chunks_equals_packing_at_once()
    {
        const int Rows = 1_003;
        const int Columns = 8_192;
        var values = RandomWeights(Rows * Columns, 3);
        using var weights = new MemoryStream();
        using var scales = new MemoryStream();
        MatrixPacker.Pack(
            BlockLayout.Int4Tiled,
            "w",
            Rows,
            Columns,
            (first, destination) => values.AsSpan((int)first * Columns, destination.Length).CopyTo(destination),
            weights,
            scales,
            TestContext.Current.CancellationToken);
        var expected = Quantize(BlockLayout.Int4Tiled, values, Columns);
        Assert.True(expected.Weights.AsSpan().SequenceEqual(weights.ToArray()));
        Assert.True(expected.Scales.AsSpan().SequenceEqual(scales.ToArray()));
    }

    [Fact]
    public void Packing_names_the_tensor_that_cannot_be_quantised()
    {
        var error = Assert.Throws<CheckpointException>(() => MatrixPacker.Pack(
            BlockLayout.Int4Tiled, "model.layers.3.mlp", 20, 32, (_, rows) => rows.Fill(float.NaN), Stream.Null, Stream.Null, CancellationToken.None));
        Assert.Contains("'model.layers.3.mlp'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.False(BlockLayout.Supports(48));
        Assert.Throws<ArgumentException>(() => Quantize(BlockLayout.Int8RowMajor, new float[48], 48));
        Assert.Throws<ArgumentException>(() => BlockLayout.Int8RowMajor.Quantize(new float[64], 32, new byte[63], new byte[4]));
        Assert.Throws<ArgumentException>(() => BlockLayout.Int8RowMajor.Quantize(new float[65], 32, new byte[65], new byte[4]));
    }

    private static (byte[] Weights, byte[] Scales) Quantize(BlockLayout layout, float[] values, int columns)
    {
        var rows = values.Length / columns;
        var weights = new byte[layout.WeightBytes(rows, columns)];
        var scales = new byte[layout.ScaleBytes(rows, columns)];
        layout.Quantize(values, columns, weights, scales);
        return (weights, scales);
    }

    private static float[] RoundTrip(BlockLayout layout, float[] values, int columns)
    {
        var (weights, scales) = Quantize(layout, values, columns);
        var restored = new float[values.Length];
        layout.Dequantize(weights, scales, columns, restored);
        return restored;
    }

    private static float[] RandomWeights(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 0.05f;
        }

        return values;
    }
}
