using System.Collections.Immutable;
using EdgeFleet.Models.Quantization;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>A matrix [N, K] quantised in blocks along K: two initialisers, weights and scales, made in one pass over the rows.</summary>
/// <param name="name">Name of the matrix; the initialisers' names derive from it.</param>
/// <param name="matrix">Source rows.</param>
/// <param name="bits">4 or 8.</param>
/// <param name="consumer">Which operators read it.</param>
internal sealed class QuantizedMatrix(string name, WeightMatrix matrix, int bits, QuantizedConsumer consumer)
{
    private readonly int _columns = checked((int)matrix.Columns);

    /// <summary>Source rows.</summary>
    public WeightMatrix Matrix => matrix;

    /// <summary>4 or 8.</summary>
    public int Bits => bits;

    /// <summary>Which operators read it.</summary>
    public QuantizedConsumer Consumer => consumer;

    /// <summary>How blocks are packed.</summary>
    public BlockLayout Layout { get; } = (bits, consumer) switch
    {
        (8, _) => BlockLayout.Int8RowMajor,
        (4, QuantizedConsumer.QuantizedLinear) => BlockLayout.Int4Tiled,
        (4, QuantizedConsumer.MatMulNBits) => BlockLayout.MatMulNBitsFloat16,
        _ => throw new ArgumentOutOfRangeException(nameof(bits), bits, "Weights are quantised to 4 or 8 bits."),
    };

    /// <summary>Whether 8-bit values are stored as <c>q + 128</c>, as MatMulNBits has them.</summary>
    public bool IsBiased => bits == 8 && consumer == QuantizedConsumer.MatMulNBits;

    /// <summary>The quantised values.</summary>
    public QuantizedWeightRecipe Weight => new($"{name}.q{bits}", this, WeightShape);

    /// <summary>The scales.</summary>
    public QuantizedScaleRecipe Scale => new($"{name}.q{bits}_scale", this, [Layout.Scales(matrix.Rows, _columns)]);

    private ImmutableArray<long> WeightShape => consumer == QuantizedConsumer.MatMulNBits
        ? [matrix.Rows, matrix.Columns / BlockLayout.BlockSize, BlockLayout.BlockSize * bits / 8]
        : [Layout.WeightBytes(matrix.Rows, _columns)];

    /// <summary>Whether both give the same bytes.</summary>
    public bool HasSameContent(QuantizedMatrix other) =>
        bits == other.Bits && consumer == other.Consumer && matrix.HasSameContent(other.Matrix);
}
