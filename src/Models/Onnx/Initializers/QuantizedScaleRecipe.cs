using System.Collections.Immutable;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>The float16 scales of a quantised matrix, one a block.</summary>
/// <param name="name">Name in the graph.</param>
/// <param name="matrix">What is quantised.</param>
/// <param name="shape">Dimensions in the graph.</param>
internal sealed class QuantizedScaleRecipe(string name, QuantizedMatrix matrix, ImmutableArray<long> shape)
    : InitializerRecipe(name, OnnxElementType.Float16, shape)
{
    /// <summary>What is quantised.</summary>
    public QuantizedMatrix Matrix => matrix;

    /// <inheritdoc/>
    public override bool HasSameContent(InitializerRecipe other) =>
        other is QuantizedScaleRecipe scale && scale.Matrix.HasSameContent(matrix);
}
