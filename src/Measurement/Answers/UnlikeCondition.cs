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

    /// <summary>
    /// The conditions in which results differ, by name. Results that carry no conditions because nothing was measured (an artifact that could not be
    /// made) are like any. A fingerprint stands for all that it was made of: where it is shared, details that some results do not carry do not
    /// matter, and where it is not, it is listed only if no detail says why.
    /// </summary>
    public static ImmutableArray<UnlikeCondition> Among(IReadOnlyCollection<MeasuredResult> results)
    {
        MeasuredResult[] bound = [.. results.Where(result => !result.Samples.IsEmpty || result.Conditions.ContainsKey(Fingerprint))];
        var shared = bound.Select(result => result.Conditions.GetValueOrDefault(Fingerprint)).Distinct(StringComparer.Ordinal).ToArray() is [not null];
        UnlikeCondition[] unlike =
        [
            .. from name in bound.SelectMany(result => result.Conditions.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
               let recorded = shared ? bound.Where(result => result.Conditions.ContainsKey(name)) : bound
               let values = recorded.GroupBy(result => result.Conditions.GetValueOrDefault(name, Absent), StringComparer.Ordinal)
                   .OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => (same.Key, same.Count())).ToImmutableArray()
               where values.Length > 1
               select new UnlikeCondition(name, values),
        ];
        var explained = unlike.Any(difference => difference.Name is not (Fingerprint or Device));
        return [.. unlike.Where(difference => !explained || difference.Name != Fingerprint)];
    }

    /// <summary>E.g. <c>power_mode: '15W' (12 results), '30W' (3 results)</c>.</summary>
    public override string ToString() => $"{Name}: {string.Join(", ", Values.Select(value => $"'{value.Value}' ({value.Results} results)"))}";
}
