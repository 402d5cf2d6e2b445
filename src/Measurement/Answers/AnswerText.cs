using System.Globalization;
using EdgeFleet.Measurement.Comparisons;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Answers;

/// <summary>An answer as lines of text.</summary>
public static class AnswerText
{
    /// <summary>Why memory is not among what is compared.</summary>
    public const string NoMemory = "Peak memory is not compared: a processor's and a GPU's are measured in different ways.";

    /// <summary>Writes the answer.</summary>
    public static IEnumerable<string> Lines(Answer answer) => answer switch
    {
        Answer.Refused refused => Refusal(refused),
        Answer.Given given => given.Sections.SelectMany(section => Section(section, given.Sections.Length > 1)).Concat(Notes(given)),
        _ => throw new ArgumentException("An answer is given or refused.", nameof(answer)),
    };

    /// <summary>Who is best at which context lengths, in a sentence for each quantity; nothing where there is nothing to choose from.</summary>
    public static IEnumerable<string> Leads(AnswerSection section) =>
        from quantity in section.Rankings.Select(ranking => ranking.Quantity).Distinct()
        where section.Candidates.Length > 1
        let leads = Lead.Of(section, quantity)
        select $"{quantity.Title()}: {string.Join(", ", leads.Select((lead, at) => section.Label(lead.Candidate) + Extent(lead, at == 0, at == leads.Length - 1)))}.";

    /// <summary>Where one candidate overtakes another, in a sentence.</summary>
    public static string Sentence(AnswerSection section, ModelCrossover found)
    {
        var crossover = found.Crossover;
        var interval = crossover.Confidence95 is { } confidence
            ? string.Create(CultureInfo.InvariantCulture, $"95 % interval {confidence.Low:0} to {confidence.High:0}")
                + (crossover.ResamplesWithCrossing < 1 ? string.Create(CultureInfo.InvariantCulture, $", {crossover.ResamplesWithCrossing:P0} of resamples cross") : "")
            : $"no interval with fewer than {Summary.FewestForInterval} repeats";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{section.Label(found.Winner)} falls below {section.Label(found.Loser)} in {found.Quantity.Symbol()} at about {crossover.Context:0} tokens (between {crossover.Between.Low:0} and {crossover.Between.High:0}; {interval}).");
    }

    /// <summary>How far a candidate reaches, in a sentence.</summary>
    public static string Sentence(AnswerSection section, Reach reach)
    {
        var label = section.Label(reach.Candidate);
        return (reach.Longest, reach.FirstEnd) switch
        {
            (null, { } end) => $"{label}: no context completed; {Tokens(end)} ended {reach.EndedBy}.",
            ({ } longest, null) => $"{label}: {Tokens(longest)} completed, the longest that was tried.",
            ({ } longest, { } end) => $"{label}: {Tokens(longest)} completed, {Tokens(end)} ended {reach.EndedBy}.",
            _ => $"{label}: nothing was measured.",
        };
    }

    /// <summary>A place, e.g. <c>mamba-130m 12.3 ms (1.42 x, clear)</c>.</summary>
    public static string Entry(AnswerSection section, Quantity quantity, Place place)
    {
        var text = $"{section.Label(place.Candidate)} {quantity.Format(place.Summary.Median)}";
        return place.AgainstBest is { } verdict
            ? string.Create(CultureInfo.InvariantCulture, $"{text} (x {place.OverBest:0.00}, {Word(verdict)})")
            : text;
    }

    /// <summary>What a verdict against the best means for a ranking.</summary>
    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Same => "tied",
        Verdict.Slower => "clear",
        _ => "not certain",
    };

    private static IEnumerable<string> Section(AnswerSection section, bool named)
    {
        if (named) yield return $"With {section.Setting}:";
        foreach (var lead in Leads(section)) yield return $"Best in {char.ToLowerInvariant(lead[0])}{lead[1..]}";
        foreach (var quantity in section.Rankings.GroupBy(ranking => ranking.Quantity))
        {
            yield return $"{quantity.Key.Title()}, best first:";
            foreach (var ranking in quantity)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"  {ranking.Context,8}  ")
                    + string.Join(" < ", ranking.Places.Select(place => Entry(section, quantity.Key, place)));
            }
        }

        if (!section.Compared.Contains(Quantity.PeakMemory)) yield return NoMemory;
        if (section.Candidates.Length == 1) yield return $"Only {section.Label(section.Candidates[0])} was measured with {section.Setting}: there is nothing to rank.";
        foreach (var crossover in section.Crossovers) yield return Sentence(section, crossover);
        foreach (var reach in section.Reaches) yield return Sentence(section, reach);
        foreach (var result in section.Results.Where(result => result.InvalidRepeats > 0))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{section.Label(result.Candidate)} at {result.Context} tokens: {result.InvalidRepeats} repeats were left out, since a finding invalidates them.");
        }
    }

    private static IEnumerable<string> Notes(Answer.Given given)
    {
        if (given.Sections.Length == 0) yield return "There are no results.";
        foreach (var ignored in given.Ignored) yield return $"Not minded, as asked: {ignored}.";
        var fewest = given.Sections.SelectMany(section => section.Rankings).SelectMany(ranking => ranking.Places).Select(place => place.Summary.Count).DefaultIfEmpty(0).Min();
        if (fewest is > 0 and < Summary.FewestForInterval)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"With {fewest} repeat{(fewest == 1 ? "" : "s")} no order is certain; measure with --repeats {Summary.FewestForInterval} or more.");
        }
    }

    private static IEnumerable<string> Refusal(Answer.Refused refused)
    {
        yield return "These results were not taken under like conditions and are not compared. They differ in:";
        foreach (var difference in refused.Differences) yield return $"  {difference}";
        yield return "Compare results of one machine in one state, or name what may differ with --ignore NAME.";
    }

    private static string Extent(Lead lead, bool first, bool last)
    {
        var extent = (first, last) switch
        {
            (true, true) => " at every context",
            (true, false) => $" up to {Tokens(lead.Contexts[^1])}",
            (false, true) => $" from {Tokens(lead.Contexts[0])} on",
            _ => lead.Contexts.Length == 1 ? $" at {Tokens(lead.Contexts[0])}" : $" from {lead.Contexts[0]} to {Tokens(lead.Contexts[^1])}",
        };
        return lead.Uncertain.IsEmpty ? extent
            : lead.Uncertain.Length == lead.Contexts.Length ? extent + " (not certain)"
            : $"{extent} (not certain at {string.Join(", ", lead.Uncertain)})";
    }

    private static string Tokens(int tokens) => string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens");
}
