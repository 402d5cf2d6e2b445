using System.Diagnostics.Metrics;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Metrics;

/// <summary>
/// Series of devices, results and sweeps, read from tables when they are scraped.
/// </summary>
internal sealed class FleetMetrics(
    MeterNames names, DeviceTable devices, ResultTable results, SweepMetrics sweeps, Database database, TraceSegments segments, RunStore runs, CollectorOptions options, TimeProvider time)
    : BackgroundService
{
    /// <summary>How long other series than <c>edgefleet_device_up</c> stay after a device is gone.</summary>
    public static readonly TimeSpan SeriesGrace = TimeSpan.FromHours(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly PassingMeter fleet = new();
    private readonly PassingMeter progress = new();
    private volatile Dictionary<string, long> queues = [];
    private long telemetryOverflow;
    private long deviceOverflow;

    /// <summary>Looks which series are due to disappear.</summary>
    public void Refresh()
    {
        queues = runs.Queues().ToDictionary(q => q.DeviceId, q => q.Count);
        var now = time.UnixNanoseconds();
        foreach (var gone in devices.All.Where(d => d.GoneNs > 0 && now - d.GoneNs > options.DeviceMetricRetention.Nanoseconds()).ToList())
        {
            devices.Remove(gone.DeviceId);
            results.Forget(gone.DeviceId);
        }

        var excess = Alive(now).Count() - SeriesBounds.Devices;
        if (excess > 0) Interlocked.Add(ref deviceOverflow, excess);
        fleet.Show([.. devices.ByAppearance.Select(d => d.DeviceId), .. Alive(now).Select(d => d.DeviceId + " alive")], Build);
        progress.Show([.. sweeps.Shown.Select(s => s.SweepId)], BuildProgress);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        fleet.Dispose();
        progress.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Refresh();
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Refresh();
    }

    private Meter Build()
    {
        var made = new Meter(names.Fleet);
        Gauge(made, "edgefleet_device_up", "1 while an agent is connected; stays at 0 for 7 days after it is gone.", () => devices.ByAppearance.Take(SeriesBounds.ShownDevices).Select(d => One(d, d.Online ? 1 : 0)));
        Gauge(made, "edgefleet_device_info", "What a device is; always 1.", () => devices.ByAppearance.Take(SeriesBounds.ShownDevices).Select(d => new Measurement<double>(
            1, new("agent_version", d.AgentVersion), new("device", Short(d.DeviceId)), new("device_id", d.DeviceId), new("hardware_class", results.HardwareLabel(d.HardwareClass)))));
        Gauge(made, "edgefleet_heartbeat_age_seconds", "Since the latest sign of life.", () => Roomy().Select(d => One(d, (time.UnixNanoseconds() - d.LastSeenNs) * 1e-9)));
        Gauge(made, "edgefleet_clock_offset_seconds", "Device's wall clock minus the collector's.", () => Roomy().Where(d => d.Clock is not null).Select(d => One(d, d.Clock!.Value.OffsetNs * 1e-9)));
        Gauge(made, "edgefleet_queue_runs", "Runs that wait for the device.", () => Roomy().Select(d => One(d, queues.GetValueOrDefault(d.DeviceId))));
        Gauge(made, "edgefleet_running_runs", "Runs that the device performs.", () => Roomy().Select(d => One(d, d.RunId is null ? 0 : 1)));
        Spool(made);
        foreach (var (metric, _, description) in SeriesBounds.Telemetry) Gauge(made, "edgefleet_device_" + metric, description, () => Sensors(metric));
        Results(made);
        Gauge(made, "edgefleet_storage_bytes", "Disk in use, by kind.", () =>
        [
            new Measurement<double>(segments.TotalBytes, new KeyValuePair<string, object?>("kind", "traces")),
            new Measurement<double>(new FileInfo(database.Path).Length, new KeyValuePair<string, object?>("kind", "database")),
        ]);
        Gauge(made, "edgefleet_database_waiting_writes", "Writes that wait for the disk.", () => [new Measurement<double>(database.Waiting)]);
        Counter(made, "edgefleet_series_overflow", "Values that found no room within the bounds of cardinality, by kind.", () =>
        [
            new Measurement<double>(results.Overflow, new KeyValuePair<string, object?>("kind", "results")),
            new Measurement<double>(Interlocked.Read(ref telemetryOverflow), new KeyValuePair<string, object?>("kind", "telemetry")),
            new Measurement<double>(Interlocked.Read(ref deviceOverflow), new KeyValuePair<string, object?>("kind", "devices")),
        ]);
        return made;
    }

    // Sweeps come and go all the time: what devices show is not made anew for them.
    private Meter BuildProgress()
    {
        var made = new Meter(names.Fleet);
        made.CreateObservableGauge("edgefleet_sweep_runs", sweeps.Runs, description: "Runs of a sweep by where they are; the open sweeps and those that ended last.");
        return made;
    }

    private void Spool(Meter made)
    {
        IEnumerable<Measurement<double>> Of(Func<SpoolLevel, double> value) => Roomy().Where(d => d.Spool is not null).Select(d => One(d, value(d.Spool!)));
        Gauge(made, "edgefleet_spool_entries", "Traces that wait on the device.", () => Of(s => s.Spooled));
        Gauge(made, "edgefleet_spool_bytes", "Bytes of the spool.", () => Of(s => s.Bytes));
        Gauge(made, "edgefleet_spool_bound_bytes", "Most bytes that the spool may take.", () => Of(s => s.BoundBytes));
        Counter(made, "edgefleet_traces_produced", "Traces ever put into the spool, as the agent counts them.", () => Of(s => s.Produced));
        Counter(made, "edgefleet_traces_acknowledged", "Traces that were acknowledged, as the agent counts them.", () => Of(s => s.Acknowledged));
        Counter(made, "edgefleet_traces_dropped", "Traces that the agent gave up, by reason.", () => Roomy().Where(d => d.Spool is not null).SelectMany(d =>
            d.Spool!.Dropped.OrderBy(p => p.Key, StringComparer.Ordinal).Take(SeriesBounds.DropReasons).Select(p => new Measurement<double>(p.Value, new("device", Short(d.DeviceId)), new("reason", p.Key)))));
    }

    private void Results(Meter made)
    {
        void Value(string name, string description, Func<RunResult, double?> value) => Gauge(made, name, description, () => Living().Where(p => value(p.Value.Result) is not null)
            .Select(p => new Measurement<double>(value(p.Value.Result)!.Value, p.Key.Labels())));

        Value("edgefleet_ttft_seconds", "Time to first token of the last result.", r => r.HasTtftNs ? r.TtftNs * 1e-9 : null);
        Value("edgefleet_tpot_seconds", "Time per output token of the last result.", r => r.HasTpotNs ? r.TpotNs * 1e-9 : null);
        Value("edgefleet_prefill_tokens_per_second", "Prompt tokens x batch / TTFT of the last result.", r => r.HasPrefillTokensPerSecond ? r.PrefillTokensPerSecond : null);
        Value("edgefleet_decode_tokens_per_second", "Batch / TPOT of the last result.", r => r.HasDecodeTokensPerSecond ? r.DecodeTokensPerSecond : null);
        Value("edgefleet_peak_memory_bytes", "Peak memory of the last result.", r => r.HasPeakMemoryBytes ? r.PeakMemoryBytes : null);
        Value("edgefleet_mbu_ratio", "Share of the memory bandwidth that decode uses.", r => r.HasMbuRatio ? r.MbuRatio : null);
        Value("edgefleet_mfu_ratio", "Share of the matrix rate that prefill uses.", r => r.HasMfuRatio ? r.MfuRatio : null);
        Value("edgefleet_ttft_baseline_ratio", "TTFT over the median of the same device, scenario and conditions before; above 1 is slower.", r => r.HasTtftBaselineRatio ? r.TtftBaselineRatio : null);
        Value("edgefleet_tpot_baseline_ratio", "TPOT over the median of the same device, scenario and conditions before; above 1 is slower.", r => r.HasTpotBaselineRatio ? r.TpotBaselineRatio : null);
        Gauge(made, "edgefleet_result_timestamp_seconds", "When the last result was stored, seconds since the Unix epoch.", () => Living().Select(p => new Measurement<double>(p.Value.EndedUnixNs * 1e-9, p.Key.Labels())));
        Gauge(made, "edgefleet_memory_bytes", "Memory of the last result by kind: weights, activations and each kind of state.", () => Living().SelectMany(Kinds));
        Gauge(made, "edgefleet_energy_joules", "Gross energy of the last result by phase.", () => Living().SelectMany(p =>
            p.Value.Result.EnergyGrossJoules.Where(e => SeriesBounds.EnergyPhases.Contains(e.Key)).Select(e => new Measurement<double>(e.Value, p.Key.OfPhase(e.Key)))));
        Gauge(made, "edgefleet_condition_info", "What a condition stands for; always 1.", () => Living().DistinctBy(p => p.Key.Condition).Select(p => new Measurement<double>(1, ResultSeries.Explain(p.Value))));
    }

    private static IEnumerable<Measurement<double>> Kinds(KeyValuePair<ResultSeries, Run> point)
    {
        var result = point.Value.Result;
        if (result.HasWeightsBytes) yield return new Measurement<double>(result.WeightsBytes, point.Key.OfKind("weights"));
        if (result.HasActivationsBytes) yield return new Measurement<double>(result.ActivationsBytes, point.Key.OfKind("activations"));
        foreach (var (kind, bytes) in result.StateBytes.Where(s => SeriesBounds.StateKinds.Contains(s.Key))) yield return new Measurement<double>(bytes, point.Key.OfKind(kind));
    }

    private IEnumerable<Measurement<double>> Sensors(string metric)
    {
        var room = SeriesBounds.Of("edgefleet_device_" + metric);
        foreach (var device in Roomy())
        {
            var count = 0;
            foreach (var (name, value) in device.Gauges)
            {
                var slash = name.IndexOf('/', StringComparison.Ordinal);
                if (!name.AsSpan(0, slash < 0 ? name.Length : slash).SequenceEqual(metric)) continue;
                if (++count > SeriesBounds.SensorsPerDevice || --room < 0) Interlocked.Increment(ref telemetryOverflow);
                else yield return new Measurement<double>(value, new("device", Short(device.DeviceId)), new("sensor", slash < 0 ? "" : name[(slash + 1)..]));
            }
        }
    }

    // Those for which every series has room.
    private IEnumerable<DeviceStatus> Roomy() => Alive().Take(SeriesBounds.Devices);

    private IEnumerable<KeyValuePair<ResultSeries, Run>> Living()
    {
        var alive = Alive().Select(d => Short(d.DeviceId)).ToHashSet(StringComparer.Ordinal);
        return results.All.Where(p => alive.Contains(p.Key.Device));
    }

    private IEnumerable<DeviceStatus> Alive() => Alive(time.UnixNanoseconds());

    private IEnumerable<DeviceStatus> Alive(long now) => devices.ByAppearance.Where(d => d.Online || now - d.GoneNs <= SeriesGrace.Nanoseconds());

    private static Measurement<double> One(DeviceStatus device, double value) => new(value, new KeyValuePair<string, object?>("device", Short(device.DeviceId)));

    private static string Short(string deviceId) => deviceId[..12];

    private static void Gauge(Meter meter, string name, string description, Func<IEnumerable<Measurement<double>>> read) => meter.CreateObservableGauge(name, read, description: description);

    private static void Counter(Meter meter, string name, string description, Func<IEnumerable<Measurement<double>>> read) => meter.CreateObservableCounter(name, read, description: description);
}
