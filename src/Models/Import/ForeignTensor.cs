using System.Collections.Immutable;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Import;

/// <summary>An initialiser of a foreign graph, without its values.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Element type, as numbered by ONNX.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Location">File of its values beside the model; null where they are in the model.</param>
internal sealed record ForeignTensor(string Name, int Type, ImmutableArray<long> Shape, string? Location)
{
    private const int Float64 = 11;
    private const int UInt4 = 21;
    private const int Int4 = 22;

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (elements, dimension) => checked(elements * dimension));

    /// <summary>Bytes of the values.</summary>
    public long Bytes => Type switch
    {
        UInt4 or Int4 => (Elements + 1) / 2,
        Float64 => checked(8 * Elements),
        _ when Enum.IsDefined((OnnxElementType)Type) && Type != 0 => checked(((OnnxElementType)Type).Bytes() * Elements),
        _ => Elements,
    };

    /// <summary>Whether the values are floating-point numbers.</summary>
    public bool IsFloat => (OnnxElementType)Type is OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16;
}
