using System.Collections.Immutable;
using EdgeFleet.Measurement.Comparisons;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Neighbouring context lengths at which one candidate is best in a quantity: the answer in short.</summary>
/// <param name="Candidate">The best one.</param>
/// <param name="Contexts">The contexts, ascending.</param>
/// <param name="Uncertain">Those of them at which the second may be as good or better.</param>
public sealed record Lead(Candidate Candidate, ImmutableArray<int> Contexts, ImmutableArray<int> Uncertain)
{
    /// <summary>The leads in a quantity, from the shortest context on; none where it was not measured.</summary>
    public static ImmutableArray<Lead> Of(AnswerSection section, Quantity quantity)
    {
        var leads = ImmutableArray.CreateBuilder<Lead>();
        foreach (var ranking in section.Rankings.Where(ranking => ranking.Quantity == quantity))
        {
            var best = ranking.Places[0].Candidate;
            int[] uncertain = ranking.Places.Length > 1 && ranking.Places[1].AgainstBest != Verdict.Slower ? [ranking.Context] : [];
            if (leads.Count > 0 && leads[^1].Candidate == best) leads[^1] = leads[^1] with { Contexts = leads[^1].Contexts.Add(ranking.Context), Uncertain = [.. leads[^1].Uncertain, .. uncertain] };
            else leads.Add(new Lead(best, [ranking.Context], [.. uncertain]));
        }

        return leads.ToImmutable();
    }
}
