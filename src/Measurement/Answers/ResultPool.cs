using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Pools what was measured of the same candidate, setting and context: each sample is one repeat, wherever it was read from.</summary>
public static class ResultPool
{
    // The worst outcome of the repeats is the result's.
    private static readonly ImmutableArray<string> FromBest = ["completed", "skipped", "cancelled", "failed", "out_of_memory"];

    /// <summary>Pools.</summary>
    public static ImmutableArray<MeasuredResult> Of(IEnumerable<MeasuredResult> results) =>
        [.. results.GroupBy(result => (result.Candidate, result.Setting, result.Context)).Select(group => Merge([.. group]))];

    private static MeasuredResult Merge(MeasuredResult[] results)
    {
        if (results.Length == 1) return results[0];
        var worst = results.MaxBy(result => FromBest.IndexOf(result.Outcome))!;
        return worst with
        {
            Samples = Quantities.All.Select(quantity => KeyValuePair.Create(quantity, results.SelectMany(result => result.Of(quantity)).ToImmutableArray()))
                .Where(pair => !pair.Value.IsEmpty).ToImmutableDictionary(),
            InvalidRepeats = results.Sum(result => result.InvalidRepeats),
            Shares = results.Select(result => result.Shares).LastOrDefault(shares => !shares.IsEmpty, []),
            Memory = results.Select(result => result.Memory).LastOrDefault(memory => !memory.IsEmpty, []),
            Findings = [.. results.SelectMany(result => result.Findings).Distinct(StringComparer.Ordinal)],
        };
    }
}
