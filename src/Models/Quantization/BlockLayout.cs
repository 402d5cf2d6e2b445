using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Quantization;

/// <summary>
/// A layout of block-quantised matrices (docs/operators.md, "Quantised weights"): blocks of 32 along a row share one scale, <c>w = scale * q</c>.
/// </summary>
public abstract class BlockLayout
{
    /// <summary>Weights that share a scale.</summary>
    public const int BlockSize = 32;

    private protected BlockLayout()
    {
    }

    /// <summary>8 bits, row-major, float16 scales: <c>QuantizedLinear</c> and <c>QuantizedEmbedding</c>.</summary>
    public static BlockLayout Int8RowMajor { get; } = new Int8RowMajorLayout();

    /// <summary>4 bits, tiles of 16 rows, float16 scales: <c>QuantizedLinear</c>.</summary>
    public static BlockLayout Int4Tiled { get; } = new Int4TiledLayout();

    /// <summary>4 bits as <c>com.microsoft.MatMulNBits</c> has them, zero point 8, float16 scales.</summary>
    public static BlockLayout MatMulNBitsFloat16 { get; } = new MatMulNBitsLayout(TensorElementType.Float16);

    /// <summary>4 bits as <c>com.microsoft.MatMulNBits</c> has them, zero point 8, float32 scales.</summary>
    public static BlockLayout MatMulNBitsFloat32 { get; } = new MatMulNBitsLayout(TensorElementType.Float32);

    /// <summary>Bits of a weight: 4 or 8.</summary>
    public abstract int Bits { get; }

    /// <summary>Rows that are stored together; a matrix is padded to a multiple with zero weights.</summary>
    public abstract int RowTile { get; }

    /// <summary>Type of the scales.</summary>
    public abstract TensorElementType ScaleType { get; }

    /// <summary>Whether rows of this length can be cut into blocks.</summary>
    public static bool Supports(long columns) => columns > 0 && columns % BlockSize == 0;

    /// <summary>Bytes of the packed weights of a matrix.</summary>
    public long WeightBytes(long rows, int columns) => checked(PaddedRows(rows) * columns * Bits / 8);

    /// <summary>Number of scales of a matrix.</summary>
    public long Scales(long rows, int columns) => checked(PaddedRows(rows) * (columns / BlockSize));

    /// <summary>Bytes of the scales of a matrix.</summary>
    public long ScaleBytes(long rows, int columns) => checked(Scales(rows, columns) * ScaleType.Bytes());

    /// <summary>Rows after padding to a multiple of <see cref="RowTile"/>.</summary>
    public long PaddedRows(long rows) => checked((rows + RowTile - 1) / RowTile * RowTile);

    /// <summary>Quantises consecutive rows. Only the last call of a matrix may hold a number of rows that is no multiple of <see cref="RowTile"/>.</summary>
    /// <param name="rows">Whole rows, row-major.</param>
    /// <param name="columns">Length of a row, a multiple of 32.</param>
    /// <param name="weights">Receives <see cref="WeightBytes"/> bytes.</param>
    /// <param name="scales">Receives <see cref="ScaleBytes"/> bytes, little-endian.</param>
    /// <exception cref="ArgumentException">A length does not fit the others.</exception>
    /// <exception cref="NotFiniteNumberException">A weight is infinite or not a number, or a scale leaves its type's range.</exception>
    public void Quantize(ReadOnlySpan<float> rows, int columns, Span<byte> weights, Span<byte> scales)
    {
        var count = Check(rows.Length, columns, weights.Length, scales.Length);
        for (var first = 0; first < count; first += RowTile)
        {
            var tile = rows.Slice(first * columns, Math.Min(RowTile, count - first) * columns);
            QuantizeTile(
                tile,
                columns,
                weights.Slice((int)WeightBytes(first, columns), (int)WeightBytes(RowTile, columns)),
                scales.Slice((int)ScaleBytes(first, columns), (int)ScaleBytes(RowTile, columns)));
        }
    }

    /// <summary>What packed rows stand for: the exact inverse of the packing.</summary>
    /// <param name="weights">Packed weights of these rows.</param>
    /// <param name="scales">Scales of these rows.</param>
    /// <param name="columns">Length of a row, a multiple of 32.</param>
    /// <param name="rows">Receives whole rows, row-major.</param>
    /// <exception cref="ArgumentException">A length does not fit the others.</exception>
    public void Dequantize(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> scales, int columns, Span<float> rows)
    {
        var count = Check(rows.Length, columns, weights.Length, scales.Length);
        for (var first = 0; first < count; first += RowTile)
        {
            DequantizeTile(
                weights.Slice((int)WeightBytes(first, columns), (int)WeightBytes(RowTile, columns)),
                scales.Slice((int)ScaleBytes(first, columns), (int)ScaleBytes(RowTile, columns)),
                columns,
                rows.Slice(first * columns, Math.Min(RowTile, count - first) * columns));
        }
    }

    private protected abstract void QuantizeTile(ReadOnlySpan<float> tile, int columns, Span<byte> weights, Span<byte> scales);

    private protected abstract void DequantizeTile(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> scales, int columns, Span<float> tile);

    private int Check(int elements, int columns, int weights, int scales)
    {
        if (!Supports(columns))
        {
            throw new ArgumentException($"Rows of {columns} are no multiple of {BlockSize}.", nameof(columns));
        }

        if (elements % columns != 0)
        {
            throw new ArgumentException($"{elements} weights are no whole number of rows of {columns}.", nameof(elements));
        }

        var rows = elements / columns;
        if (weights != WeightBytes(rows, columns) || scales != ScaleBytes(rows, columns))
        {
            throw new ArgumentException(
                $"{rows} rows of {columns} take {WeightBytes(rows, columns)} bytes and {ScaleBytes(rows, columns)} bytes of scales, " +
                $"not {weights} and {scales}.",
                nameof(weights));
        }

        return rows;
    }
}
