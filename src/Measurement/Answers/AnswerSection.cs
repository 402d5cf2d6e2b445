using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Answers;

/// <summary>The answer for one setting.</summary>
public sealed record AnswerSection
{
    /// <summary>The setting.</summary>
    public required Setting Setting { get; init; }

    /// <summary>The candidates, by name.</summary>
    public required ImmutableArray<Candidate> Candidates { get; init; }

    /// <summary>The results, by candidate and context.</summary>
    public required ImmutableArray<MeasuredResult> Results { get; init; }

    /// <summary>Rankings by quantity and context, where at least one candidate was measured.</summary>
    public required ImmutableArray<Ranking> Rankings { get; init; }

    /// <summary>Crossovers by quantity.</summary>
    public required ImmutableArray<ModelCrossover> Crossovers { get; init; }

    /// <summary>Frontier of each candidate within the measured contexts.</summary>
    public required ImmutableArray<Reach> Reaches { get; init; }

    /// <summary>What the candidates are compared in: memory only where a processor's, resident in a process, does not stand beside a GPU's arena (docs/measurement.md, memory).</summary>
    public IEnumerable<Quantity> Compared => Quantities.All.Where(quantity => quantity != Quantity.PeakMemory || Candidates.Select(candidate => candidate.Provider == "cpu").Distinct().Count() < 2);

    /// <summary>Context lengths, ascending.</summary>
    public IEnumerable<int> Contexts => Results.Select(result => result.Context).Distinct().Order();

    /// <summary>A candidate's points of a quantity, by context.</summary>
    public ImmutableArray<MeasuredResult> Curve(Candidate candidate, Quantity quantity) =>
        [.. Results.Where(result => result.Candidate == candidate && !result.Of(quantity).IsEmpty).OrderBy(result => result.Context)];

    /// <summary>A candidate's name in this section.</summary>
    public string Label(Candidate candidate) => candidate.Label(Candidates);
}
