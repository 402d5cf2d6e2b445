using System.Collections.Immutable;

namespace EdgeFleet.Models.Architectures;

/// <summary>A tensor that a decoder reads from its checkpoint.</summary>
/// <param name="Name">Name in the checkpoint.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Aliases">
/// Other names under which checkpoints may have it: shared blocks are stored under one of their call sites, and some files use older names.
/// </param>
public sealed record DecoderTensor(string Name, ImmutableArray<long> Shape, ImmutableArray<string> Aliases)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (elements, dimension) => checked(elements * dimension));
}
