using System.Collections.Immutable;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>An initialiser of floating-point numbers.</summary>
internal sealed class DenseRecipe : InitializerRecipe
{
    /// <summary>Makes a recipe.</summary>
    /// <param name="name">Name in the graph.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="matrix">Source rows.</param>
    /// <param name="shape">Dimensions in the graph, of as many elements.</param>
    /// <param name="transform">What is done to each element.</param>
    /// <param name="transposed">Whether the graph's tensor is the transpose.</param>
    public DenseRecipe(
        string name,
        OnnxElementType type,
        WeightMatrix matrix,
        ImmutableArray<long> shape,
        ElementTransform transform = ElementTransform.None,
        bool transposed = false)
        : base(name, type, shape)
    {
        if (type is not (OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16))
            throw new ArgumentException($"A dense initialiser is float32, float16 or bfloat16, not {type}.", nameof(type));
        if (shape.Aggregate(1L, (elements, dimension) => checked(elements * dimension)) != matrix.Elements)
            throw new ArgumentException($"Initialiser '{name}' of shape [{string.Join(", ", shape)}] is made of {matrix.Elements} elements.", nameof(shape));

        Matrix = matrix;
        Transform = transform;
        Transposed = transposed;
    }

    /// <summary>Source rows.</summary>
    public WeightMatrix Matrix { get; }

    /// <summary>What is done to each element.</summary>
    public ElementTransform Transform { get; }

    /// <summary>Whether the graph's tensor is the transpose.</summary>
    public bool Transposed { get; }

    /// <inheritdoc/>
    public override bool HasSameContent(InitializerRecipe other) =>
        other is DenseRecipe dense
        && dense.Type == Type
        && dense.Transform == Transform
        && dense.Transposed == Transposed
        && dense.Shape.AsSpan().SequenceEqual(Shape.AsSpan())
        && dense.Matrix.HasSameContent(Matrix);
}
