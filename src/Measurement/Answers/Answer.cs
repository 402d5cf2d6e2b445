using System.Collections.Immutable;
using EdgeFleet.Measurement.Comparisons;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Which candidate is best at which context length (docs/measurement.md, answers).</summary>
public abstract record Answer
{
    // Two curves that lie on each other cross in about half of the resamples; such a crossing is noise.
    private const double CertainShare = 0.95;

    private Answer()
    {
    }

    /// <summary>The results were taken under unlike conditions; nothing was compared.</summary>
    /// <param name="Differences">Each condition that differs, with all its values.</param>
    public sealed record Refused(ImmutableArray<UnlikeCondition> Differences) : Answer;

    /// <summary>The results were compared.</summary>
    /// <param name="Sections">One per setting.</param>
    /// <param name="Conditions">What all results share.</param>
    /// <param name="Ignored">Conditions that differ and were not to be minded.</param>
    public sealed record Given(
        ImmutableArray<AnswerSection> Sections, ImmutableSortedDictionary<string, string> Conditions, ImmutableArray<UnlikeCondition> Ignored) : Answer;

    /// <summary>Compares results, like with like.</summary>
    /// <param name="results">Any set; results of one candidate, setting and context are pooled as repeats.</param>
    /// <param name="ignore">Conditions that may differ.</param>
    public static Answer Of(IReadOnlyCollection<MeasuredResult> results, IReadOnlyCollection<string> ignore)
    {
        var unlike = UnlikeCondition.Among(results);
        var minded = unlike.Where(difference => !ignore.Contains(difference.Name)).ToImmutableArray();
        if (!minded.IsEmpty) return new Refused(minded);

        // A result of a scenario that could not even be started carries none.
        var shared = results.MaxBy(result => result.Conditions.Count)?.Conditions ?? ImmutableSortedDictionary<string, string>.Empty;
        return new Given(
            [.. ResultPool.Of(results).GroupBy(result => result.Setting).OrderBy(same => Order(same.Key)).Select(same => Section(same.Key, [.. same]))],
            shared.RemoveRange(unlike.Select(difference => difference.Name)),
            unlike);
    }

    private static (int Depth, int Decode, int Batch, int Chunk, int Threads, bool All) Order(Setting setting) =>
        (setting.Depth, setting.Decode, setting.Batch, setting.Chunk, setting.Threads, setting.Logits == "all");

    private static AnswerSection Section(Setting setting, ImmutableArray<MeasuredResult> results)
    {
        ImmutableArray<Candidate> candidates =
        [
            .. results.Select(result => result.Candidate).Distinct()
                .OrderBy(candidate => candidate.Model, StringComparer.Ordinal).ThenBy(candidate => candidate.Precision, StringComparer.Ordinal)
                .ThenBy(candidate => candidate.Provider, StringComparer.Ordinal).ThenBy(candidate => candidate.RuntimePack, StringComparer.Ordinal),
        ];
        var section = new AnswerSection
        {
            Setting = setting,
            Candidates = candidates,
            Results = [.. results.OrderBy(result => candidates.IndexOf(result.Candidate)).ThenBy(result => result.Context)],
            Rankings = [],
            Crossovers = [],
            Reaches = [.. candidates.Select(candidate => Reach(candidate, results))],
        };
        return section with { Rankings = [.. Rankings(section)], Crossovers = [.. Crossovers(section)] };
    }

    private static IEnumerable<Ranking> Rankings(AnswerSection section) =>
        from quantity in section.Compared
        from point in section.Results.GroupBy(result => result.Context).OrderBy(same => same.Key)
        let measured = point.Where(result => !result.Of(quantity).IsEmpty).OrderBy(result => Quantile.Median(result.Of(quantity).AsSpan())).ToArray()
        where measured.Length > 0
        select new Ranking(quantity, point.Key, [.. measured.Select(result => Place(result, measured[0], quantity))]);

    private static Place Place(MeasuredResult result, MeasuredResult best, Quantity quantity)
    {
        var summary = Summary.Of(result.Of(quantity))!;
        if (ReferenceEquals(result, best)) return new Place(result.Candidate, summary, 1, null);
        var compared = (Comparison.Compared)Comparison.Of(Group(result, quantity), Group(best, quantity));
        return new Place(result.Candidate, summary, compared.Ratio, compared.Verdict);
    }

    // Conditions were compared for all results at once before.
    private static MeasuredGroup Group(MeasuredResult result, Quantity quantity) =>
        new(result.Of(quantity), ImmutableSortedDictionary<string, string>.Empty);

    private static IEnumerable<ModelCrossover> Crossovers(AnswerSection section) =>
        from quantity in section.Compared
        from winner in section.Candidates
        from loser in section.Candidates
        where winner != loser
        let crossover = Crossover.Find(Curve(section, winner, quantity), Curve(section, loser, quantity))
        where crossover is not null && (crossover.Confidence95 is null || crossover.ResamplesWithCrossing >= CertainShare)
        select new ModelCrossover(quantity, winner, loser, crossover);

    private static ImmutableArray<CurvePoint> Curve(AnswerSection section, Candidate candidate, Quantity quantity) =>
        [.. section.Curve(candidate, quantity).Select(result => new CurvePoint(result.Context, result.Of(quantity)))];

    private static Reach Reach(Candidate candidate, ImmutableArray<MeasuredResult> results)
    {
        MeasuredResult[] own = [.. results.Where(result => result.Candidate == candidate).OrderBy(result => result.Context)];
        var longest = own.LastOrDefault(result => result.Outcome == "completed")?.Context;

        // That somebody interrupted a run says nothing of how long a context fits.
        var end = own.FirstOrDefault(result => result.Outcome is not ("completed" or "cancelled") && result.Context > (longest ?? 0));
        return new Reach(candidate, longest, end?.Context, end is null ? "" : end.Reason.Length == 0 || end.Reason == end.Outcome ? end.Outcome : $"{end.Outcome} ({end.Reason})");
    }
}
