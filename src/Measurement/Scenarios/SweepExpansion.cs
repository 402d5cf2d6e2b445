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
        _ = Count(templates.Count, axes, maximum);
        return [.. from template in templates from point in axes.Points() select With(template, point)];
    }

    /// <summary>Number of scenarios, without expanding them.</summary>
    /// <param name="templates">Number of templates.</param>
    /// <param name="axes">Values of the numeric fields.</param>
    /// <param name="maximum">Most scenarios allowed; default <see cref="DefaultMaximum"/>.</param>
    /// <exception cref="SweepTooLargeException">The product exceeds the bound.</exception>
    public static long Count(long templates, SweepAxes axes, int maximum = DefaultMaximum)
    {
        var points = axes.Count;
        var count = templates == 0 || points == 0 ? 0 : points > long.MaxValue / templates ? long.MaxValue : points * templates;
        return count <= maximum ? count : throw new SweepTooLargeException(count, maximum);
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
