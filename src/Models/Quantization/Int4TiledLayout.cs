using System.Runtime.InteropServices;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Quantization;

/// <summary>
/// 16 rows at a time: for each block 256 bytes, byte <c>64 j + 4 r + c</c> with <c>q[r, 4 j + c] + 8</c> in its low and
/// <c>q[r, 16 + 4 j + c] + 8</c> in its high nibble. Scales float16 [N/16, K/32, 16].
/// </summary>
internal sealed class Int4TiledLayout : BlockLayout
{
    private const int TileRows = 16;
    private const int WordsPerHalfBlock = 4;

    public override int Bits => 4;

    public override int RowTile => TileRows;

    public override TensorElementType ScaleType => TensorElementType.Float16;

    private protected override void QuantizeTile(ReadOnlySpan<float> tile, int columns, Span<byte> weights, Span<byte> scales)
    {
        var rows = tile.Length / columns;
        var halves = MemoryMarshal.Cast<byte, Half>(scales);
        var words = MemoryMarshal.Cast<byte, uint>(weights);
        Span<byte> quants = stackalloc byte[BlockSize];
        var fourQuants = MemoryMarshal.Cast<byte, uint>(quants);
        for (var block = 0; block < columns / BlockSize; block++)
        {
            var blockWords = words.Slice(block * WordsPerHalfBlock * TileRows, WordsPerHalfBlock * TileRows);
            for (var row = 0; row < TileRows; row++)
            {
                float scale = 0;
                if (row < rows)
                {
                    scale = BlockQuantizer.Quantize4(
                        tile.Slice((row * columns) + (block * BlockSize), BlockSize), isHalf: true, quants);
                }
                else
                {
                    quants.Fill(8);
                }

                halves[(block * TileRows) + row] = (Half)scale;
                for (var j = 0; j < WordsPerHalfBlock; j++)
                {
                    blockWords[(j * TileRows) + row] = fourQuants[j] | (fourQuants[j + WordsPerHalfBlock] << 4);
                }
            }
        }
    }

    private protected override void DequantizeTile(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> scales, int columns, Span<float> tile)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(scales);
        for (var i = 0; i < tile.Length; i++)
        {
            var (row, column) = Math.DivRem(i, columns);
            var (block, inBlock) = Math.DivRem(column, BlockSize);
            var (high, inHalf) = Math.DivRem(inBlock, BlockSize / 2);
            var (j, c) = Math.DivRem(inHalf, 4);
            var packed = weights[(256 * block) + (64 * j) + (4 * row) + c];
            tile[i] = (float)halves[(block * TileRows) + row] * (((packed >> (4 * high)) & 15) - 8);
        }
    }
}
