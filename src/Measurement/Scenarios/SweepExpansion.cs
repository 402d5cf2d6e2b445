using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Scenarios;

/// <summary>Expands a sweep to scenarios, within a bound.</summary>
public static class SweepExpansion
{
    /// <summary>Most scenarios that a sweep may have unless told otherwise.</summary>
    public const int DefaultMaximum = 10_000;

    /// <summary>Crosses templates (one per model, precision and provider) with the numeric axes.</summary>
    /// <param name="templates">Scenarios whose numeric fields are replaced.</param>
    /// <param name="axes">Values of the numeric fields.</param>
    /// <param name="maximum">Most scenarios allowed; default <see cref="DefaultMaximum"/>.</param>
    /// <exception cref="SweepTooLargeException">The product exceeds the bound; nothing was expanded.</exception>
    public static ImmutableArray<Scenario> Expand(IReadOnlyCollection<Scenario> templates, SweepAxes axes, int maximum = DefaultMaximum)
    {
        var points = axes.Count;
        var count = templates.Count == 0 || points == 0 ? 0 : points > long.MaxValue / templates.Count ? long.MaxValue : points * templates.Count;
        if (count > maximum) throw new SweepTooLargeException(count, maximum);

        return [.. from template in templates from point in axes.Points() select With(template, point)];
    }

    private static Scenario With(Scenario template, SweepPoint point) => template with
    {
        ContextTokens = point.Context,
        DepthTokens = point.Depth,
        DecodeTokens = point.Decode,
        Batch = point.Batch,
        Threads = point.Threads,
        PrefillChunkTokens = point.Chunk,
    };
}

/// <summary>A sweep has more scenarios than allowed.</summary>
public sealed class SweepTooLargeException : Exception
{
    /// <param name="count">Scenarios asked for.</param>
    /// <param name="maximum">Scenarios allowed.</param>
    public SweepTooLargeException(long count, int maximum)
        : base($"The sweep has {(count == long.MaxValue ? "more than 9e18" : count.ToString(System.Globalization.CultureInfo.InvariantCulture))} scenarios; "
            + $"at most {maximum} are allowed. Shorten an axis or split the sweep.")
    {
        Count = count;
    }

    /// <summary>Scenarios asked for; <see cref="long.MaxValue"/> where the product overflows.</summary>
    public long Count { get; }
}
