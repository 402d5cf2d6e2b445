using EdgeFleet.Agent.Assignments;
using EdgeFleet.Measurement;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Delivery;

/// <summary>Traces of runs that no worker could report, and what every trace must fit into.</summary>
internal static class RunTraces
{
    /// <summary>Largest serialised trace of the contract.</summary>
    public const int LargestBytes = 64 << 20;

    private const int LongestMessage = 8 * 1024;

    /// <summary>A trace of a run that ended without a worker's word.</summary>
    public static Trace Ended(Assignment assignment, Outcome outcome, string reason, string message) => new()
    {
        DefinitionsVersion = MeasurementDefinitions.Version,
        RunId = assignment.Run.RunId,
        Attempt = assignment.Run.Attempt,
        Repeat = assignment.Run.Repeat,
        Scenario = assignment.Run.Scenario,
        End = new RunEnd { Outcome = outcome, Reason = reason, Message = message.Length > LongestMessage ? message[..LongestMessage] : message },
    };

    /// <summary>A trace of a run that was ended before its worker began.</summary>
    public static Trace Ended(Assignment assignment, RunStop stop) => Ended(assignment, stop.Outcome, stop.Reason, stop.Message);

    /// <summary>Makes a trace small enough: sensors lose every second sample until it fits, then the operator profile goes. A finding says so.</summary>
    public static Trace Thin(Trace trace, int largest = LargestBytes)
    {
        if (trace.CalculateSize() <= largest) return trace;
        var thinned = trace.Clone();
        thinned.Findings.Add(new Finding { Code = "trace_thinned", Message = $"The trace exceeded {largest} bytes: samples were left out." });
        while (thinned.CalculateSize() > largest && thinned.Telemetry.Any(series => series.TimeNs.Count > 1))
        {
            foreach (var series in thinned.Telemetry) Halve(series);
        }

        if (thinned.CalculateSize() > largest) thinned.Operators.Clear();
        return thinned;
    }

    private static void Halve(TelemetrySeries series)
    {
        var times = series.TimeNs.Where((_, index) => index % 2 == 0).ToArray();
        var values = series.Value.Where((_, index) => index % 2 == 0).ToArray();
        series.TimeNs.Clear();
        series.TimeNs.Add(times);
        series.Value.Clear();
        series.Value.Add(values);
    }
}
