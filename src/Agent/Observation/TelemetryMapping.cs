using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>What the sensors read, as a trace carries it.</summary>
internal static class TelemetryMapping
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Adds series, the sampler's report and the sensors without a value.</summary>
    public static void Add(this Trace trace, TelemetryRecord record, IEnumerable<Telemetry.UnavailableSensor> unavailable)
    {
        foreach (var series in record.Series.Where(series => !series.Values.IsEmpty))
        {
            var message = new TelemetrySeries { Metric = series.Name.Metric, Source = series.Name.Source, Label = series.Name.Label };
            message.TimeNs.Add(series.TimesNs);
            message.Value.Add(series.Values);
            trace.Telemetry.Add(message);
        }

        trace.Sampler = new SamplerReport
        {
            PeriodNs = (long)(record.Period.TotalSeconds * NanosecondsPerSecond),
            MedianIntervalNs = (long)(record.MedianInterval * NanosecondsPerSecond),
            P99IntervalNs = (long)(record.Interval99 * NanosecondsPerSecond),
            LongestIntervalNs = (long)(record.LongestInterval * NanosecondsPerSecond),
            Readings = (uint)record.Readings,
            Late = (uint)record.Late,
            BusyRatio = record.BusyShare,
            Placement = record.Placement,
        };
        foreach (var missing in unavailable) trace.UnavailableSensors.Add(Message(missing.Name, missing.Reason));
        foreach (var series in record.Series.Where(series => series.Failures > 0))
        {
            trace.UnavailableSensors.Add(Message(series.Name, $"{series.Failures} readings gave no value, the last: {series.Failure}"));
        }
    }

    private static Protos.V1.UnavailableSensor Message(SensorName name, string reason) => new() { Metric = name.Metric, Source = name.Source, Label = name.Label, Reason = reason };
}
