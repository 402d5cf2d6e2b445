using System.Security.Cryptography;
using EdgeFleet.Models.Onnx.Initializers;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Models.Export;

/// <summary>
/// Writes the external data file from recipes: rows are made in parallel, a bounded number of chunks at a time, written and hashed in order.
/// </summary>
internal sealed class ExternalDataWriter
{
    private const int ChunkElements = 1 << 20;

    private readonly InitializerChunk _chunks;
    private readonly IProgress<ExportProgress>? _progress;
    private readonly int _parallelism = Environment.ProcessorCount;
    private byte[][] _making = [];
    private byte[][] _writing = [];

    /// <summary>Makes a writer.</summary>
    /// <param name="reader">Reads the tensors.</param>
    /// <param name="progress">Told about the bytes written, or null.</param>
    public ExternalDataWriter(IRowReader reader, IProgress<ExportProgress>? progress)
    {
        _chunks = new InitializerChunk(reader);
        _progress = progress;
    }

    /// <summary>Writes the file and makes it durable.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="recipes">What it holds.</param>
    /// <param name="layout">Where.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <returns>The lower-case hex SHA-256 of the file.</returns>
    public string Write(
        string path, IReadOnlyList<InitializerRecipe> recipes, ExternalDataLayout layout, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: layout.TotalBytes);
        using var output = new HashedOutput(file);
        byte[] scales = [];
        foreach (var recipe in recipes)
        {
            output.PadTo(layout[recipe.Name].Offset);
            switch (recipe)
            {
                case DenseRecipe { Transposed: true } dense:
                    var bytes = new byte[dense.Bytes];
                    _chunks.Dense(dense, 0, (int)dense.Matrix.Rows, bytes);
                    output.Append(bytes);
                    break;
                case DenseRecipe dense:
                    WriteRows(
                        output,
                        dense.Matrix,
                        tile: 1,
                        rows => rows * dense.Matrix.Columns * Onnx.OnnxElementTypes.Bytes(dense.Type),
                        (first, rows, target) => _chunks.Dense(dense, first, rows, target),
                        cancellationToken);
                    break;
                case QuantizedWeightRecipe quantized:
                    scales = WriteQuantized(output, quantized, cancellationToken);
                    break;
                case QuantizedScaleRecipe scale when scales.Length == scale.Bytes:
                    output.Append(scales);
                    break;
                default:
                    throw new InvalidOperationException($"Initialiser '{recipe.Name}' does not follow the weights that it belongs to.");
            }

            _progress?.Report(new ExportProgress(output.Position, layout.TotalBytes, recipe.Name));
        }

        RandomAccess.FlushToDisk(file);
        return output.Digest();
    }

    private byte[] WriteQuantized(HashedOutput output, QuantizedWeightRecipe recipe, CancellationToken cancellationToken)
    {
        var layout = recipe.Matrix.Layout;
        var columns = (int)recipe.Matrix.Matrix.Columns;
        var scales = new byte[layout.ScaleBytes(recipe.Matrix.Matrix.Rows, columns)];
        WriteRows(
            output,
            recipe.Matrix.Matrix,
            layout.RowTile,
            rows => layout.WeightBytes(rows, columns),
            (first, rows, target) => _chunks.Quantized(
                recipe, first, rows, target, scales.AsSpan((int)layout.ScaleBytes(first, columns), (int)layout.ScaleBytes(rows, columns))),
            cancellationToken);
        return scales;
    }

    // While one group of chunks is written and hashed, the next is made.
    private void WriteRows(
        HashedOutput output,
        WeightMatrix matrix,
        int tile,
        Func<int, long> bytesOf,
        MakeRows make,
        CancellationToken cancellationToken)
    {
        var rowsPerChunk = (int)Math.Min(matrix.Rows, Math.Max(1, ChunkElements / matrix.Columns / tile) * tile);
        var chunkBytes = checked((int)bytesOf(rowsPerChunk));
        var chunks = (matrix.Rows + rowsPerChunk - 1) / rowsPerChunk;
        var pending = Task.CompletedTask;
        for (long first = 0; first < chunks; first += _parallelism)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(_parallelism, chunks - first);
            var sizes = new int[count];
            EnsureBuffers(ref _making, count, chunkBytes);
            var buffers = _making;
            var firstChunk = first;
            try
            {
                RunAll(count, index =>
                {
                    var row = (firstChunk + index) * rowsPerChunk;
                    var rows = (int)Math.Min(rowsPerChunk, matrix.Rows - row);
                    sizes[index] = (int)bytesOf(rows);
                    make(row, rows, buffers[index].AsSpan(0, sizes[index]));
                });
            }
            finally
            {
                pending.GetAwaiter().GetResult();
            }

            (_making, _writing) = (_writing, _making);
            pending = Task.Run(() => AppendAll(output, buffers, sizes), CancellationToken.None);
        }

        pending.GetAwaiter().GetResult();
    }

    private static void AppendAll(HashedOutput output, byte[][] buffers, int[] sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
            output.Append(buffers[i].AsSpan(0, sizes[i]));
    }

    // The error of one chunk, not an aggregate of all, is what the caller is told.
    private static void RunAll(int count, Action<int> action)
    {
        try
        {
            Parallel.For(0, count, action);
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static void EnsureBuffers(ref byte[][] buffers, int count, int bytes)
    {
        if (buffers.Length < count)
            Array.Resize(ref buffers, count);
        for (var i = 0; i < count; i++)
        {
            if (buffers[i] is null || buffers[i].Length < bytes)
                buffers[i] = GC.AllocateUninitializedArray<byte>(bytes);
        }
    }

    private delegate void MakeRows(long firstRow, int rows, Span<byte> destination);

    /// <summary>Appends to a file and hashes what it appends.</summary>
    private sealed class HashedOutput(SafeFileHandle file) : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Position { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(file, bytes, Position);
            _hash.AppendData(bytes);
            Position += bytes.Length;
        }

        public void PadTo(long offset) => Append(new byte[checked((int)(offset - Position))]);

        public string Digest() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }
}
