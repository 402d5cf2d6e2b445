using System.Runtime.InteropServices;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Quantization;

/// <summary>
/// What <c>com.microsoft.MatMulNBits</c> takes with 4 bits, block 32 and no zero points (8 is meant): uint8 [N, K/32, 16], even
/// columns in the low nibbles; scales [N, K/32].
/// </summary>
internal sealed class MatMulNBitsLayout(TensorElementType scaleType) : BlockLayout
{
    public override int Bits => 4;

    public override int RowTile => 1;

    public override TensorElementType ScaleType => scaleType;

    private protected override void QuantizeTile(ReadOnlySpan<float> tile, int columns, Span<byte> weights, Span<byte> scales)
    {
        Span<byte> quants = stackalloc byte[BlockSize];
        var pairs = MemoryMarshal.Cast<byte, ushort>(quants);
        for (var block = 0; block < columns / BlockSize; block++)
        {
            var values = tile.Slice(block * BlockSize, BlockSize);
            if (scaleType == TensorElementType.Float16)
            {
                MemoryMarshal.Cast<byte, Half>(scales)[block] =
                    (Half)BlockQuantizer.Quantize4(values, isHalf: true, quants);
            }
            else
            {
                MemoryMarshal.Cast<byte, float>(scales)[block] = BlockQuantizer.Quantize4(values, isHalf: false, quants);
            }

            var packed = weights.Slice(block * BlockSize / 2, BlockSize / 2);
            for (var i = 0; i < packed.Length; i++)
            {
                packed[i] = (byte)(pairs[i] | (pairs[i] >> 4));
            }
        }
    }

    private protected override void DequantizeTile(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> scales, int columns, Span<float> tile)
    {
        for (var i = 0; i < tile.Length; i++)
        {
            var scale = scaleType == TensorElementType.Float16
                ? (float)MemoryMarshal.Cast<byte, Half>(scales)[i / BlockSize]
                : MemoryMarshal.Cast<byte, float>(scales)[i / BlockSize];
            tile[i] = scale * (((weights[i / 2] >> (4 * (i % 2))) & 15) - 8);
        }
    }
}
