using System.Collections.Immutable;
using EdgeFleet.Measurement.Comparisons;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Operators;

/// <summary>Compares the results of two sweeps, device by device and scenario by scenario.</summary>
internal static class SweepComparison
{
    /// <summary>Compares completed runs.</summary>
    public static CompareResponse Of(IReadOnlyCollection<Run> baseline, IReadOnlyCollection<Run> candidate, string metric)
    {
        var before = Groups(baseline, metric);
        var after = Groups(candidate, metric);
        var response = new CompareResponse { Unpaired = (uint)(before.Keys.Except(after.Keys).Count() + after.Keys.Except(before.Keys).Count()) };
        foreach (var key in before.Keys.Intersect(after.Keys).OrderBy(k => k.Device, StringComparer.Ordinal).ThenBy(k => after[k][0].Scenario.Model, StringComparer.Ordinal).ThenBy(k => after[k][0].Scenario.ContextTokens))
        {
            response.Rows.Add(Row(key.Device, after[key][0].Scenario, before[key], after[key], metric));
        }

        return response;
    }

    private static ComparisonRow Row(string device, Scenario scenario, List<Run> before, List<Run> after, string metric)
    {
        var row = new ComparisonRow { DeviceId = device, Scenario = scenario, BaselineRepeats = (uint)before.Count, CandidateRepeats = (uint)after.Count };
        switch (Comparison.Of(Group(after, metric), Group(before, metric)))
        {
            case Comparison.Refused refused:
                row.Verdict = "unlike";
                row.Reason = "differs in " + string.Join(", ", refused.Differences.Select(d => d.Name));
                break;
            case Comparison.Compared compared:
                row.Verdict = compared.Verdict.ToString().ToLowerInvariant();
                row.Ratio = compared.Ratio;
                row.RatioLow = compared.Confidence95?.Low ?? double.NaN;
                row.RatioHigh = compared.Confidence95?.High ?? double.NaN;
                if (compared.Confidence95 is null) row.Reason = $"fewer than {Summary.FewestForInterval} repeats";
                break;
        }

        return row;
    }

    private static Dictionary<(string Device, string Scenario), List<Run>> Groups(IEnumerable<Run> runs, string metric) => runs
        .Where(r => r.Result is { Invalid: false } && Value(r, metric) > 0)
        .GroupBy(r => (r.DeviceId, r.ScenarioHash))
        .ToDictionary(g => g.Key, g => g.ToList());

    // Runs of one sweep under conditions that changed on the way are like none: the fingerprints are joined, and so differ.
    private static MeasuredGroup Group(List<Run> runs, string metric) => new(
        [.. runs.Select(r => Value(r, metric))],
        ImmutableSortedDictionary<string, string>.Empty
            .Add("conditions", string.Join('+', runs.Select(r => r.Result.ConditionsFingerprint).Distinct().Order(StringComparer.Ordinal)))
            .Add("definitions_version", string.Join('+', runs.Select(r => r.Result.DefinitionsVersion).Distinct().Order())));

    private static double Value(Run run, string metric) => metric switch
    {
        "ttft" => run.Result.TtftNs,
        "tpot" => run.Result.TpotNs,
        _ => run.Result.PeakMemoryBytes,
    };
}
