using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Scenarios;

/// <summary>The numeric axes of a sweep; their cross product gives the points that are measured for each model and precision.</summary>
public sealed record SweepAxes
{
    /// <summary>Prompt lengths.</summary>
    public required ImmutableArray<int> Context { get; init; }

    /// <summary>Tokens already in the state.</summary>
    public required ImmutableArray<int> Depth { get; init; }

    /// <summary>Generated tokens.</summary>
    public required ImmutableArray<int> Decode { get; init; }

    /// <summary>Sequences in step.</summary>
    public required ImmutableArray<int> Batch { get; init; }

    /// <summary>Threads.</summary>
    public required ImmutableArray<int> Threads { get; init; }

    /// <summary>Prefill chunks.</summary>
    public required ImmutableArray<int> Chunk { get; init; }

    /// <summary>Number of points, without expanding them; saturates at <see cref="long.MaxValue"/>.</summary>
    public long Count
    {
        get
        {
            long product = 1;
            foreach (var length in (ReadOnlySpan<int>)[Context.Length, Depth.Length, Decode.Length, Batch.Length, Threads.Length, Chunk.Length])
            {
                product = length == 0 ? 0 : product > long.MaxValue / length ? long.MaxValue : product * length;
            }

            return product;
        }
    }

    /// <summary>The points; context varies fastest, so that a table reads like a curve.</summary>
    public IEnumerable<SweepPoint> Points() =>
        from threads in Threads
        from batch in Batch
        from chunk in Chunk
        from decode in Decode
        from depth in Depth
        from context in Context
        select new SweepPoint(context, depth, decode, batch, threads, chunk);
}
