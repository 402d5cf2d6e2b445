using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>
/// A matrix [rows, columns] made of rows of checkpoint tensors, one below the other, each with a factor. It is read row by row, so that no
/// more of it is in memory than is being converted. A vector is a matrix of one column.
/// </summary>
internal sealed class WeightMatrix
{
    private WeightMatrix(ImmutableArray<RowBlock> blocks, long columns)
    {
        Blocks = blocks;
        Columns = columns;
        Rows = blocks.Sum(block => block.Rows);
    }

    /// <summary>What the rows are, from the top.</summary>
    public ImmutableArray<RowBlock> Blocks { get; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; }

    /// <summary>Elements of a row.</summary>
    public long Columns { get; }

    /// <summary>Number of elements.</summary>
    public long Elements => checked(Rows * Columns);

    /// <summary>A whole tensor.</summary>
    public static WeightMatrix Of(string tensor, long rows, long columns) => new([new RowBlock(tensor, 0, rows, 1)], columns);

    /// <summary>A vector of zeros.</summary>
    public static WeightMatrix Zeros(long rows) => new([new RowBlock(null, 0, rows, 1)], 1);

    /// <summary>Matrices of equal width one below the other.</summary>
    public static WeightMatrix Stack(params ReadOnlySpan<WeightMatrix> parts)
    {
        var blocks = ImmutableArray.CreateBuilder<RowBlock>();
        foreach (var part in parts)
        {
            if (part.Columns != parts[0].Columns)
                throw new ArgumentException($"Stacked matrices have {parts[0].Columns} and {part.Columns} columns.", nameof(parts));

            blocks.AddRange(part.Blocks);
        }

        return new WeightMatrix(blocks.ToImmutable(), parts[0].Columns);
    }

    /// <summary>The matrix times a factor.</summary>
    public WeightMatrix Times(double factor) =>
        factor == 1 ? this : new WeightMatrix([.. Blocks.Select(block => block with { Scale = (float)(block.Scale * factor) })], Columns);

    /// <summary>The matrix repeated downwards.</summary>
    public WeightMatrix Repeat(int count) => new([.. Enumerable.Repeat(Blocks, count).SelectMany(blocks => blocks)], Columns);

    /// <summary>Some of the rows of a matrix that is one block.</summary>
    public WeightMatrix SliceRows(long first, long count)
    {
        if (Blocks is not [var block] || first < 0 || count < 0 || first + count > Rows)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"Rows {first} to {first + count} are not in one block of {Rows} rows.");

        return new WeightMatrix([block with { FirstRow = block.FirstRow + first, Rows = count }], Columns);
    }

    /// <summary>Reads rows.</summary>
    /// <param name="reader">Reads the tensors.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="destination">A whole number of rows.</param>
    public void Read(IRowReader reader, long firstRow, Span<float> destination)
    {
        var columns = checked((int)Columns);
        long blockStart = 0;
        foreach (var block in Blocks)
        {
            var skip = Math.Max(0, firstRow - blockStart);
            blockStart += block.Rows;
            if (skip >= block.Rows || destination.IsEmpty)
                continue;

            var rows = (int)Math.Min(block.Rows - skip, destination.Length / columns);
            var target = destination[..(rows * columns)];
            Fill(reader, block, skip, target);
            destination = destination[target.Length..];
            firstRow += rows;
        }

        if (!destination.IsEmpty)
            throw new ArgumentException($"Rows past the end of a matrix of {Rows} rows were asked for.", nameof(destination));
    }

    /// <summary>Whether both are made of the same rows.</summary>
    public bool HasSameContent(WeightMatrix other) => Columns == other.Columns && Blocks.AsSpan().SequenceEqual(other.Blocks.AsSpan());

    private static void Fill(IRowReader reader, RowBlock block, long skip, Span<float> target)
    {
        if (block.Tensor is null)
        {
            target.Clear();
            return;
        }

        reader.ReadRows(block.Tensor, block.FirstRow + skip, target);
        if (block.Scale != 1)
            TensorPrimitives.Multiply(target, block.Scale, target);
    }
}
