using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>Whether processor or GPU was throttled while it was timed.</summary>
internal static class ThrottleCheck
{
    /// <summary>What is to be said; null where nothing was seen.</summary>
    public static Finding? Of(Trace trace, TelemetryRecord record)
    {
        var timed = trace.Phases.Where(phase => phase.Iteration >= 0).ToList();
        if (timed.Count == 0) return null;
        var (start, end) = (timed.Min(phase => phase.StartNs), timed.Max(phase => phase.EndNs));
        foreach (var series in record.Series)
        {
            double[] within = [.. series.TimesNs.Zip(series.Values).Where(sample => sample.First >= start && sample.First <= end).Select(sample => sample.Second)];
            if (within.Length == 0) continue;
            if (series.Name.Metric == Metrics.ThrottleEvents && within[^1] > within[0])
            {
                return Throttled($"{series.Name.Source} {series.Name.Label} counted {within[^1] - within[0]:0} throttling events while the run was timed.");
            }

            if (series.Name.Metric == Metrics.ThrottleReasons && within.Any(ThrottleReasons.HoldDown))
            {
                var share = within.Count(ThrottleReasons.HoldDown) / (double)within.Length;
                return Throttled($"The clocks of {series.Name.Label} were held down by power or temperature in {share * 100:0} % of the samples.");
            }
        }

        return null;
    }

    private static Finding Throttled(string message) => new() { Code = FindingCodes.Throttled, Message = message };
}
