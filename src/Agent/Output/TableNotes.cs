using EdgeFleet.Measurement.Findings;

namespace EdgeFleet.Agent.Output;

/// <summary>What a reader of a table cannot know from it.</summary>
internal static class TableNotes
{
    /// <summary>The lines that these rows need.</summary>
    public static IEnumerable<string> Of(IReadOnlyCollection<BenchRow> rows)
    {
        // Random weights have a column of their own.
        if (rows.Any(row => row.Findings.Any(code => code != FindingCodes.RandomWeights))) yield return "What findings mean: docs/measurement.md, \"Findings and reasons\".";
        if (rows.Any(row => row is { Precision: "int4", Mfu: > 1 })) yield return "MFU is against the float32 peak, which int4 exceeds where products of 8-bit numbers are faster.";
    }
}
