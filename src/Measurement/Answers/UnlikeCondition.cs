using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Answers;

/// <summary>A condition that results do not share.</summary>
/// <param name="Name">Name of the condition.</param>
/// <param name="Values">Its values with the number of results that have each; <c>not recorded</c> where it is absent.</param>
public sealed record UnlikeCondition(string Name, ImmutableArray<(string Value, int Results)> Values)
{
    private const string Absent = "not recorded";
    private const string Fingerprint = "conditions_fingerprint";
    private const string Device = "device_id";
    private const string Definitions = "definitions_version";

    /// <summary>
    /// The conditions in which results differ, by name. Results that carry no conditions because nothing was measured (an artifact that could not be
    /// made) are like any. A fingerprint stands for all that it was made of: where it is shared, details that some results do not carry do not
    /// matter, and where it is not, it is listed only if no detail says why. What no result of a provider carries (a GPU's limits, on the processor)
    /// does not tell that provider's results from another's.
    /// </summary>
    public static ImmutableArray<UnlikeCondition> Among(IReadOnlyCollection<MeasuredResult> results)
    {
        MeasuredResult[] bound = [.. results.Where(result => !result.Samples.IsEmpty || result.Conditions.ContainsKey(Fingerprint))];
        var shared = bound.Select(result => result.Conditions.GetValueOrDefault(Fingerprint)).Distinct(StringComparer.Ordinal).ToArray() is [not null];
        var carried = bound.SelectMany(result => result.Conditions.Keys.Select(name => (result.Candidate.Provider, name))).ToHashSet();
        UnlikeCondition[] unlike =
        [
            .. from name in bound.SelectMany(result => result.Conditions.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
               let recorded = bound.Where(result => shared ? result.Conditions.ContainsKey(name) : carried.Contains((result.Candidate.Provider, name)))
               let values = recorded.GroupBy(result => result.Conditions.GetValueOrDefault(name, Absent), StringComparer.Ordinal)
                   .OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => (same.Key, same.Count())).ToImmutableArray()
               where values.Length > 1
               select new UnlikeCondition(name, values),
        ];
        var explained = unlike.Any(difference => difference.Name is not (Fingerprint or Device)) || IsOfProviders(bound);
        return [.. unlike.Where(difference => !explained || difference.Name != Fingerprint)];
    }

    /// <summary>Whether fingerprints differ between providers alone, and all results carry the details that they were made of.</summary>
    private static bool IsOfProviders(MeasuredResult[] bound) =>
        bound.GroupBy(result => result.Candidate.Provider, StringComparer.Ordinal).All(same => same.Select(result => result.Conditions.GetValueOrDefault(Fingerprint)).Distinct(StringComparer.Ordinal).Count() == 1)
        && bound.All(result => result.Conditions.Keys.Any(name => name is not (Fingerprint or Device or Definitions)));

    /// <summary>E.g. <c>power_mode: '15W' (12 results), '30W' (3 results)</c>.</summary>
    public override string ToString() => $"{Name}: {string.Join(", ", Values.Select(value => $"'{value.Value}' ({value.Results} results)"))}";
}
