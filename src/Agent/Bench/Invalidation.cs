using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Bench;

/// <summary>The rule by which findings invalidate a run, so that it counts in no statistic and is repeated (docs/measurement.md, noise reference).</summary>
/// <param name="engine">The run's options: which findings, and how often.</param>
internal sealed class Invalidation(EngineOptions? engine)
{
    /// <summary>How often a run is repeated unless told otherwise.</summary>
    public const uint DefaultRepeats = 2;

    private readonly HashSet<string> codes = [.. engine?.InvalidatingFindings ?? []];
    private readonly List<string> seen = [];

    /// <summary>How often the run was repeated so far.</summary>
    public uint Repeats => (uint)seen.Count;

    /// <summary>Applies the rule to a run that has ended, with all its findings.</summary>
    /// <param name="trace">The run; its findings are marked, and say what came before it.</param>
    /// <returns>Whether it is to be performed again.</returns>
    public bool Again(Trace trace)
    {
        if (seen.Count > 0)
        {
            trace.Findings.Add(new Finding
            {
                Code = FindingCodes.RunRepeated,
                Message = $"This run was repeated {seen.Count} times, since findings invalidated the earlier ones: {string.Join("; ", seen)}.",
            });
        }

        if (trace.End.Outcome != Outcome.Completed) return false;
        string[] invalid = [.. Mark(trace).Distinct(StringComparer.Ordinal)];
        if (invalid.Length == 0 || seen.Count >= (engine is { HasInvalidRepeats: true } ? engine.InvalidRepeats : DefaultRepeats)) return false;
        seen.Add(string.Join(' ', invalid));
        return true;
    }

    private IEnumerable<string> Mark(Trace trace)
    {
        foreach (var finding in trace.Findings.Where(finding => codes.Contains(finding.Code)))
        {
            finding.Invalidates = true;
            yield return finding.Code;
        }
    }
}
