using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

public sealed class InitializerChunkTests
{
    private const int Rows = 16;
    private const int Columns = 32;

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void No_precision_is_advised_for_weights_that_are_no_numbers(float value)
    {
        foreach (var error in (CheckpointException[])[Dense(OnnxElementType.Float32, value), Dense(OnnxElementType.Float16, value), Quantized(value)])
        {
            Assert.StartsWith("weights of 'w", error.Message, StringComparison.Ordinal);
            Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("fp32", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_too_large_for_its_type_has_room_in_fp32()
    {
        foreach (var error in (CheckpointException[])[Dense(OnnxElementType.Float16, 1e6f), Quantized(1e9f)])
        {
            Assert.Contains("too large for", error.Message, StringComparison.Ordinal);
            Assert.Contains("fp32", error.Message, StringComparison.Ordinal);
        }

        new InitializerChunk(new Reader(1e9f)).Dense(Recipe(OnnxElementType.Float32), 0, Rows, new byte[Rows * Columns * sizeof(float)]);
    }

    private static CheckpointException Dense(OnnxElementType type, float value) =>
        Assert.Throws<CheckpointException>(() => new InitializerChunk(new Reader(value)).Dense(Recipe(type), 0, Rows, new byte[Rows * Columns * sizeof(float)]));

    private static CheckpointException Quantized(float value)
    {
        var matrix = new QuantizedMatrix("w", WeightMatrix.Of("t", Rows, Columns), 4, QuantizedConsumer.QuantizedLinear);
        return Assert.Throws<CheckpointException>(() => new InitializerChunk(new Reader(value)).Quantized(
            matrix.Weight, 0, Rows, new byte[matrix.Layout.WeightBytes(Rows, Columns)], new byte[matrix.Layout.ScaleBytes(Rows, Columns)]));
    }

    private static DenseRecipe Recipe(OnnxElementType type) => new("w", type, WeightMatrix.Of("t", Rows, Columns), [Rows, Columns]);

    /// <summary>Ones, and one other value.</summary>
    private sealed class Reader(float value) : IRowReader
    {
        public void ReadRows(string tensor, long firstRow, Span<float> destination)
        {
            destination.Fill(1);
            destination[^3] = value;
        }
    }
}
