using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Frontier;

/// <summary>
/// Finds the longest context that completes: doubles from a start until one does not, then halves the distance until it is no longer than a step
/// (docs/measurement.md, frontier). Whether a longer context can complete after a shorter one did not is not assumed: what was seen is kept, and
/// <see cref="IsMonotone"/> says if it happened.
/// </summary>
/// <param name="start">First context; positive.</param>
/// <param name="maximum">Longest context that is tried.</param>
/// <param name="step">Distance at which the search ends, and of which later contexts are multiples; default 256.</param>
public sealed class FrontierSearch(int start, int maximum, int step = FrontierSearch.DefaultStep)
{
    /// <summary>Step unless told otherwise, in tokens.</summary>
    public const int DefaultStep = 256;

    private readonly SortedDictionary<int, bool> tried = [];

    /// <summary>Contexts that were tried, with whether they completed.</summary>
    public ImmutableArray<(int Context, bool Completed)> Tried => [.. tried.Select(pair => (pair.Key, pair.Value))];

    /// <summary>Longest context that completed; null where none has.</summary>
    public int? Longest => tried.Any(pair => pair.Value) ? tried.Last(pair => pair.Value).Key : null;

    /// <summary>Whether no context completed that is longer than one that did not.</summary>
    public bool IsMonotone => !tried.Any(pair => !pair.Value && pair.Key < (Longest ?? 0));

    /// <summary>What to try next; null when the search is over.</summary>
    public int? Next()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, start);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        if (tried.Count == 0) return start;
        var low = Longest ?? 0;
        if (!tried.Any(pair => !pair.Value && pair.Key > low)) return low == maximum ? null : (int)Math.Min(maximum, Math.Max(1L, low) * 2);

        var high = tried.First(pair => !pair.Value && pair.Key > low).Key;
        if (high - low <= step) return null;

        // Between both, on the grid where there is a point of it.
        var middle = low + ((high - low) / 2);
        var rounded = middle / step * step;
        return rounded > low ? rounded : middle;
    }

    /// <summary>Takes how a context ended.</summary>
    public void Report(int context, bool completed) => tried[context] = completed;
}
