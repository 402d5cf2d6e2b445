using System.Buffers;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Quantization;

/// <summary>Quantises a matrix of any size in bounded memory: some rows are read, packed on all cores and written, then the next.</summary>
public static class MatrixPacker
{
    private const int ChunkElements = 1 << 22;
    private const int TasksPerCore = 4;

    /// <summary>Packs a matrix.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="name">What errors call the matrix.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Length of a row, a multiple of 32.</param>
    /// <param name="read">Provides the rows.</param>
    /// <param name="weights">Receives <see cref="BlockLayout.WeightBytes"/> bytes.</param>
    /// <param name="scales">Receives <see cref="BlockLayout.ScaleBytes"/> bytes.</param>
    /// <param name="cancellationToken">Ends the packing between chunks.</param>
    /// <exception cref="CheckpointException">A weight is not finite, or so large that its scale leaves float16's range.</exception>
    public static void Pack(
        BlockLayout layout, string name, long rows, int columns, RowReader read, Stream weights, Stream scales, CancellationToken cancellationToken)
    {
        var chunkRows = (int)Math.Min(layout.PaddedRows(rows), layout.PaddedRows(Math.Max(1, ChunkElements / columns)));
        var values = ArrayPool<float>.Shared.Rent(checked(chunkRows * columns));
        var packed = ArrayPool<byte>.Shared.Rent(checked((int)layout.WeightBytes(chunkRows, columns)));
        var packedScales = ArrayPool<byte>.Shared.Rent(checked((int)layout.ScaleBytes(chunkRows, columns)));
        try
        {
            for (long first = 0; first < rows; first += chunkRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = (int)Math.Min(chunkRows, rows - first);
                read(first, values.AsSpan(0, count * columns));
                PackChunk(layout, name, first, count, columns, values, packed, packedScales);
                weights.Write(packed.AsSpan(0, (int)layout.WeightBytes(count, columns)));
                scales.Write(packedScales.AsSpan(0, (int)layout.ScaleBytes(count, columns)));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
            ArrayPool<byte>.Shared.Return(packed);
            ArrayPool<byte>.Shared.Return(packedScales);
        }
    }

    private static void PackChunk(
        BlockLayout layout, string name, long firstRow, int rows, int columns, float[] values, byte[] packed, byte[] scales)
    {
        var tasks = Environment.ProcessorCount * TasksPerCore;
        var taskRows = (int)layout.PaddedRows((rows + tasks - 1) / tasks);
        try
        {
            Parallel.For(0, (rows + taskRows - 1) / taskRows, task =>
            {
                var first = task * taskRows;
                var count = Math.Min(taskRows, rows - first);
                layout.Quantize(
                    values.AsSpan(first * columns, count * columns),
                    columns,
                    packed.AsSpan((int)layout.WeightBytes(first, columns), (int)layout.WeightBytes(count, columns)),
                    scales.AsSpan((int)layout.ScaleBytes(first, columns), (int)layout.ScaleBytes(count, columns)));
            });
        }
        catch (AggregateException e) when (e.InnerException is NotFiniteNumberException cause)
        {
            throw new CheckpointException(
                $"tensor '{name}', rows {firstRow} to {firstRow + rows - 1}",
                $"cannot be quantised: {cause.Message}",
                "Export this model with precision fp32, or check that the checkpoint is intact.",
                e);
        }
    }
}
