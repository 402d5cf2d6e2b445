using System.Collections.Immutable;

namespace EdgeFleet.Models.Weights;

/// <summary>What is known of a tensor without reading it.</summary>
/// <param name="Name">Name in the checkpoint.</param>
/// <param name="Type">Stored element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
public sealed record TensorDescription(string Name, TensorElementType Type, ImmutableArray<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Elements
    {
        get
        {
            long elements = 1;
            foreach (var dimension in Shape)
            {
                elements = checked(elements * dimension);
            }

            return elements;
        }
    }

    /// <summary>Rows: the first dimension, or 1 for a scalar.</summary>
    public long Rows => Shape.IsEmpty ? 1 : Shape[0];

    /// <summary>Elements of one row: the product of all dimensions but the first.</summary>
    public long RowElements
    {
        get
        {
            long elements = 1;
            for (var i = 1; i < Shape.Length; i++)
            {
                elements = checked(elements * Shape[i]);
            }

            return elements;
        }
    }

    /// <summary>The shape as people write it, e.g. <c>[320, 64]</c>.</summary>
    public string ShapeText => FormatShape(Shape.AsSpan());

    /// <summary>A shape as people write it, e.g. <c>[320, 64]</c>.</summary>
    public static string FormatShape(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
