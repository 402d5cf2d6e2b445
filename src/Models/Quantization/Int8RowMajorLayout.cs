using System.Runtime.InteropServices;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Quantization;

/// <summary>int8 [N, K], scales float16 [N, K/32].</summary>
internal sealed class Int8RowMajorLayout : BlockLayout
{
    public override int Bits => 8;

    public override int RowTile => 1;

    public override TensorElementType ScaleType => TensorElementType.Float16;

    private protected override void QuantizeTile(ReadOnlySpan<float> tile, int columns, Span<byte> weights, Span<byte> scales)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(scales);
        for (var block = 0; block < halves.Length; block++)
        {
            halves[block] = BlockQuantizer.Quantize8(
                tile.Slice(block * BlockSize, BlockSize), weights.Slice(block * BlockSize, BlockSize));
        }
    }

    private protected override void DequantizeTile(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> scales, int columns, Span<float> tile)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(scales);
        for (var i = 0; i < tile.Length; i++)
        {
            tile[i] = (float)halves[i / BlockSize] * (sbyte)weights[i];
        }
    }
}
