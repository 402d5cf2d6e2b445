using System.Collections.Immutable;

namespace EdgeFleet.Models.Artifacts;

/// <summary>One state tensor.</summary>
/// <param name="Layer">Decoder layer, from 0.</param>
/// <param name="Kind">Kind of state.</param>
/// <param name="Input">Name of the graph input.</param>
/// <param name="Output">Name of the graph output.</param>
/// <param name="Type">Element type name.</param>
/// <param name="Shape">Dimensions; <see cref="StateManifest.Batch"/> and <see cref="StateManifest.Capacity"/> stand for the scenario's.</param>
/// <param name="Update">How input and output relate.</param>
public sealed record StateManifest(
    int Layer, StateKind Kind, string Input, string Output, string Type, ImmutableArray<long> Shape, StateUpdate Update)
{
    /// <summary>Stands in <see cref="Shape"/> for the batch.</summary>
    public const long Batch = -1;

    /// <summary>Stands in <see cref="Shape"/> for the number of cached positions.</summary>
    public const long Capacity = -2;

    /// <summary>Bytes of this state for a batch and a capacity in tokens.</summary>
    public long Bytes(int batch, long capacity)
    {
        long elements = 1;
        foreach (var dimension in Shape)
        {
            elements = checked(elements * dimension switch { Batch => batch, Capacity => capacity, _ => dimension });
        }

        return checked(elements * ElementTypes.Bytes(Type));
    }
}
