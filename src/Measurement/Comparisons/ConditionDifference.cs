using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Comparisons;

/// <summary>A condition in which two groups differ.</summary>
/// <param name="Name">Name of the condition.</param>
/// <param name="Result">Its value for the result; null where it is not recorded.</param>
/// <param name="Baseline">Its value for the baseline; null where it is not recorded.</param>
public sealed record ConditionDifference(string Name, string? Result, string? Baseline)
{
    /// <summary>The conditions that differ, by name.</summary>
    public static ImmutableArray<ConditionDifference> Between(
        ImmutableSortedDictionary<string, string> result, ImmutableSortedDictionary<string, string> baseline) =>
    [
        .. from name in result.Keys.Union(baseline.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
           let left = result.GetValueOrDefault(name)
           let right = baseline.GetValueOrDefault(name)
           where !string.Equals(left, right, StringComparison.Ordinal)
           select new ConditionDifference(name, left, right),
    ];
}
