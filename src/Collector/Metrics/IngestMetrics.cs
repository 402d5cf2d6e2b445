using System.Diagnostics.Metrics;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Ingest;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Metrics;

/// <summary>Traces as they come in, and what they say.</summary>
internal sealed class IngestMetrics
{
    private static readonly TraceDisposition[] Dispositions =
        [TraceDisposition.Accepted, TraceDisposition.Duplicate, TraceDisposition.Conflict, TraceDisposition.Stale, TraceDisposition.SupersededLoss, TraceDisposition.Retried];

    private static readonly Outcome[] Outcomes = [Outcome.Completed, Outcome.Failed, Outcome.OutOfMemory, Outcome.Skipped, Outcome.Cancelled];

    private static readonly string[] RefusalCodes =
        ["invalid_header", "too_large", "unknown_encoding", "invalid_trace", "impossible", "corrupt", "run_unknown", "wrong_device", "wrong_scenario"];

    private readonly ResultTable results;
    private readonly DeviceTable devices;
    private readonly Counter<long> ingested;
    private readonly Counter<long> refused;
    private readonly Counter<long> bytes;
    private readonly Counter<long> runs;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> ttft;
    private readonly Histogram<double> tpot;

    /// <summary>Makes the instruments.</summary>
    public IngestMetrics(IMeterFactory meters, MeterNames names, ResultTable results, DeviceTable devices)
    {
        this.results = results;
        this.devices = devices;
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = meters.Create(names.Collector);
#pragma warning restore CA2000
        ingested = meter.CreateCounter<long>("edgefleet_traces_ingested", description: "Traces that were stored or known, by how they count.");
        refused = meter.CreateCounter<long>("edgefleet_traces_refused", description: "Traces that were refused for good, by reason.");
        bytes = meter.CreateCounter<long>("edgefleet_ingest_bytes", description: "Encoded bytes of stored traces.");
        runs = meter.CreateCounter<long>("edgefleet_runs", description: "Runs that ended by a trace, by outcome.");
        duration = meter.CreateHistogram<double>(MetricNames.IngestHistogram, description: "From a whole trace to its acknowledgement, the disk included.");
        ttft = meter.CreateHistogram<double>(MetricNames.TtftHistogram, description: "Median time to first token of completed runs.");
        tpot = meter.CreateHistogram<double>(MetricNames.TpotHistogram, description: "Median time per output token of completed runs.");
    }

    /// <summary>Begins every counter at 0: an increase from nothing is none to Prometheus, and the first conflict would raise no alert.</summary>
    public void Begin()
    {
        foreach (var disposition in Dispositions) ingested.Add(0, new KeyValuePair<string, object?>("disposition", Name(disposition)));
        foreach (var outcome in Outcomes) runs.Add(0, new KeyValuePair<string, object?>("outcome", Name(outcome)));
        foreach (var code in RefusalCodes) refused.Add(0, new KeyValuePair<string, object?>("reason", code));
        bytes.Add(0);
    }

    /// <summary>A trace was stored, or was there.</summary>
    public void Stored(IngestedTrace stored, Trace trace, TimeSpan took, long size)
    {
        ingested.Add(1, new KeyValuePair<string, object?>("disposition", Name(stored.Disposition)));
        duration.Record(took.TotalSeconds);
        if (stored.Disposition == TraceDisposition.Duplicate) return;
        bytes.Add(size);
        if (stored.Disposition is not (TraceDisposition.Accepted or TraceDisposition.SupersededLoss)) return;
        runs.Add(1, new KeyValuePair<string, object?>("outcome", Name(trace.End.Outcome)));
        if (stored.Run.Result is not { Invalid: false } result) return;
        results.Put(stored.Run);
        var model = results.ModelLabel(trace.Scenario.Model);
        var hardware = results.HardwareLabel(devices.Find(stored.DeviceId)?.HardwareClass is { Length: > 0 } known ? known : "unknown");
        KeyValuePair<string, object?>[] labels = [new("model", model), new("hardware_class", hardware)];
        if (result.HasTtftNs) ttft.Record(result.TtftNs * 1e-9, labels);
        if (result.HasTpotNs) tpot.Record(result.TpotNs * 1e-9, labels);
    }

    /// <summary>A trace was refused.</summary>
    public void Refused(string reason)
    {
        var code = reason.Split(':')[0];
        refused.Add(1, new KeyValuePair<string, object?>("reason", RefusalCodes.Contains(code) ? code : "other"));
    }

    private static string Name(TraceDisposition disposition) => disposition switch
    {
        TraceDisposition.Accepted => "accepted",
        TraceDisposition.Duplicate => "duplicate",
        TraceDisposition.Conflict => "conflict",
        TraceDisposition.Stale => "stale",
        TraceDisposition.SupersededLoss => "superseded_loss",
        TraceDisposition.Retried => "retried",
        _ => "other",
    };

    private static string Name(Outcome outcome) => outcome switch
    {
        Outcome.Completed => "completed",
        Outcome.Failed => "failed",
        Outcome.OutOfMemory => "out_of_memory",
        Outcome.Skipped => "skipped",
        Outcome.Cancelled => "cancelled",
        _ => "other",
    };
}
