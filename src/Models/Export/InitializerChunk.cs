using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Export;

/// <summary>Makes the bytes of some rows of an initialiser. Different chunks can be made at once.</summary>
/// <param name="reader">Reads the tensors.</param>
internal sealed class InitializerChunk(IRowReader reader)
{
    private const float GreatestHalf = 65504;

    /// <summary>Converts rows of a dense recipe.</summary>
    /// <param name="recipe">The recipe; one that transposes is made in one chunk.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void Dense(DenseRecipe recipe, long firstRow, int rows, Span<byte> destination)
    {
        var elements = checked((int)(rows * recipe.Matrix.Columns));
        var buffer = ArrayPool<float>.Shared.Rent(elements);
        try
        {
            var values = buffer.AsSpan(0, elements);
            recipe.Matrix.Read(reader, firstRow, values);
            if (recipe.Transform == ElementTransform.NegativeExponential)
            {
                foreach (ref var value in values)
                    value = (float)-Math.Exp(value);
            }

            var limit = recipe.Type switch
            {
                OnnxElementType.Float16 => GreatestHalf,
                OnnxElementType.BFloat16 => BFloat16Conversion.MaxValue,
                _ => float.MaxValue,
            };
            var greatest = TensorPrimitives.MaxMagnitude<float>(values);
            if (!(greatest <= limit))
                throw OutOfRange(recipe.Name, greatest, recipe.Type.ManifestName());
            if (recipe.Transposed)
                Transpose(values, (int)recipe.Matrix.Columns, recipe, destination);
            else
                Store(values, recipe.Type, destination);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>Quantises rows.</summary>
    /// <param name="recipe">The quantised values.</param>
    /// <param name="firstRow">First row, a multiple of the layout's tile.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weights">Receives the packed values.</param>
    /// <param name="scales">Receives the scales.</param>
    public void Quantized(QuantizedWeightRecipe recipe, long firstRow, int rows, Span<byte> weights, Span<byte> scales)
    {
        var matrix = recipe.Matrix;
        var columns = (int)matrix.Matrix.Columns;
        var buffer = ArrayPool<float>.Shared.Rent(rows * columns);
        try
        {
            var values = buffer.AsSpan(0, rows * columns);
            matrix.Matrix.Read(reader, firstRow, values);
            matrix.Layout.Quantize(values, columns, weights, scales);
        }
        catch (NotFiniteNumberException e)
        {
            throw OutOfRange(recipe.Name, TensorPrimitives.MaxMagnitude<float>(buffer.AsSpan(0, rows * columns)), "a quantised weight", e);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }

        if (matrix.IsBiased)
            TensorPrimitives.Xor(weights, (byte)0x80, weights);
    }

    private static void Transpose(Span<float> values, int columns, DenseRecipe recipe, Span<byte> destination)
    {
        var rows = values.Length / columns;
        var transposed = new float[values.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                transposed[(column * rows) + row] = values[(row * columns) + column];
        }

        Store(transposed, recipe.Type, destination);
    }

    private static void Store(ReadOnlySpan<float> values, OnnxElementType type, Span<byte> destination)
    {
        switch (type)
        {
            case OnnxElementType.Float16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case OnnxElementType.BFloat16:
                BFloat16Conversion.FromSingle(values, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                MemoryMarshal.AsBytes(values).CopyTo(destination);
                break;
        }
    }

    // Another precision has room for what is too large, and none for what is no number.
    private static CheckpointException OutOfRange(string name, float greatest, string type, Exception? cause = null) => float.IsFinite(greatest)
        ? new($"weights of '{name}'", $"have a value that is too large for {type}.", "Use precision fp32.", cause)
        : new($"weights of '{name}'", "have a value that is not finite.", "Check the checkpoint's files by their hashes.", cause);
}
