using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Results;

/// <summary>What a device measured of a scenario: medians over its completed repeats. A value that no repeat has is null.</summary>
/// <param name="DeviceId">The device.</param>
/// <param name="Scenario">What was measured.</param>
/// <param name="Runs">Repeats that ended.</param>
/// <param name="Completed">Of them, those that completed.</param>
/// <param name="TtftNs">Time to first token.</param>
/// <param name="TpotNs">Time per output token.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens per second.</param>
/// <param name="DecodeTokensPerSecond">Generated tokens per second.</param>
/// <param name="PeakMemoryBytes">Peak memory.</param>
/// <param name="StateBytes">State of all kinds.</param>
/// <param name="Outcome">How a repeat that did not complete ended; empty when all completed.</param>
internal sealed record ScenarioResult(
    string DeviceId, Scenario Scenario, int Runs, int Completed, double? TtftNs, double? TpotNs, double? PrefillTokensPerSecond, double? DecodeTokensPerSecond,
    double? PeakMemoryBytes, double? StateBytes, string Outcome)
{
    /// <summary>The results of a sweep.</summary>
    public static async Task<IReadOnlyList<ScenarioResult>> OfSweepAsync(CollectorConnection connection, string sweepId, CancellationToken cancellation) =>
        Of((await RunsCommand.AllAsync(connection, new ListRunsRequest { SweepId = sweepId }, cancellation)).Runs);

    /// <summary>Groups runs by device and scenario, in the order of device, context and model.</summary>
    public static IReadOnlyList<ScenarioResult> Of(IEnumerable<Run> runs) =>
    [
        .. runs.Where(r => r.State == RunState.Ended).GroupBy(r => (r.DeviceId, r.ScenarioHash)).Select(g => Of([.. g]))
            .OrderBy(r => r.DeviceId, StringComparer.Ordinal).ThenBy(r => r.Scenario.Precision).ThenBy(r => r.Scenario.ContextTokens).ThenBy(r => r.Scenario.Model, StringComparer.Ordinal),
    ];

    private static ScenarioResult Of(List<Run> runs)
    {
        List<Run> completed = [.. runs.Where(r => r is { End.Outcome: Protos.V1.Outcome.Completed, Result: not null })];
        double? Median(Func<RunResult, bool> has, Func<RunResult, double> value)
        {
            double[] values = [.. completed.Where(r => has(r.Result)).Select(r => value(r.Result))];
            return values.Length == 0 ? null : Quantile.Median(values);
        }

        var other = runs.FirstOrDefault(r => r.End?.Outcome != Protos.V1.Outcome.Completed);
        return new ScenarioResult(
            runs[0].DeviceId, runs[0].Scenario, runs.Count, completed.Count,
            Median(r => r.HasTtftNs, r => r.TtftNs), Median(r => r.HasTpotNs, r => r.TpotNs),
            Median(r => r.HasPrefillTokensPerSecond, r => r.PrefillTokensPerSecond), Median(r => r.HasDecodeTokensPerSecond, r => r.DecodeTokensPerSecond),
            Median(r => r.HasPeakMemoryBytes, r => r.PeakMemoryBytes), Median(r => r.StateBytes.Count > 0, r => r.StateBytes.Values.Aggregate(0ul, (a, b) => a + b)),
            other is null ? "" : Output.Show.State(other));
    }
}
