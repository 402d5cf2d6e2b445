using System.Collections.Immutable;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>The quantised values of a matrix.</summary>
/// <param name="name">Name in the graph.</param>
/// <param name="matrix">What is quantised.</param>
/// <param name="shape">Dimensions in the graph.</param>
internal sealed class QuantizedWeightRecipe(string name, QuantizedMatrix matrix, ImmutableArray<long> shape)
    : InitializerRecipe(name, OnnxElementType.UInt8, shape)
{
    /// <summary>What is quantised.</summary>
    public QuantizedMatrix Matrix => matrix;

    /// <inheritdoc/>
    public override bool HasSameContent(InitializerRecipe other) =>
        other is QuantizedWeightRecipe weight && weight.Matrix.HasSameContent(matrix);
}
