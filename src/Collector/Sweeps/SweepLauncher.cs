using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Plans sweeps and launches them.</summary>
internal sealed class SweepLauncher(
    SweepStore sweeps, DeviceStore devices, DeviceTable table, ModelRegistry models, IGrainFactory grains, CollectorOptions options, TimeProvider time)
{
    private const long DefaultMaximum = 10_000;

    /// <summary>What a definition would do.</summary>
    /// <exception cref="RequestException">It breaks a rule.</exception>
    public SweepPlan Plan(SweepDefinition given, ulong maximum)
    {
        var (definition, entries, selected) = Check(given, maximum);
        var now = time.UnixNanoseconds();
        var plan = new SweepPlan { Definition = definition };
        var scenarios = new HashSet<string>();
        foreach (var device in selected)
        {
            List<PlannedRun> runs = [.. SweepPlanner.Runs(definition, entries, device.Hello, "plan", now)];
            var row = new DevicePlan { DeviceId = device.DeviceId, Online = device.Online, Runs = (uint)runs.Count(r => r.Skipped is null) };
            foreach (var skipped in runs.Where(r => r.Skipped is not null).GroupBy(r => r.Skipped!.Reason)) row.Skipped[skipped.Key] = (uint)skipped.Count();
            plan.Devices.Add(row);
            plan.Runs += (ulong)runs.Count;
            plan.Reused += sweeps.Reusable(definition, runs);
            scenarios.UnionWith(runs.Select(r => r.Keys.Hash));
            if (device.Quarantined) plan.Warnings.Add($"Device {device.DeviceId} is quarantined and performs nothing until it is adopted.");
            else if (!device.Online) plan.Warnings.Add($"Device {device.DeviceId} is not connected; its runs wait for it.");
        }

        plan.Scenarios = (ulong)scenarios.Count;
        if (definition.Repeats < Measurement.Statistics.Summary.FewestForInterval)
        {
            plan.Warnings.Add($"With {definition.Repeats} repeats there is no interval, and comparisons are inconclusive; {Measurement.Statistics.Summary.FewestForInterval} or more give one.");
        }

        return plan;
    }

    /// <summary>Launches a definition now.</summary>
    /// <exception cref="RequestException">It breaks a rule; nothing was stored.</exception>
    public async Task<string> LaunchAsync(SweepDefinition given, ulong maximum)
    {
        var id = Guid.NewGuid().ToString("D");
        await LaunchAsync(given, maximum, id, "", time.UnixNanoseconds(), id);
        return id;
    }

    /// <summary>Launches an occasion of a schedule; a second call for the same occasion does nothing.</summary>
    /// <returns>The sweep's id.</returns>
    /// <exception cref="RequestException">The definition breaks a rule; nothing was stored.</exception>
    public async Task<string> LaunchOccasionAsync(SweepDefinition definition, string scheduleId, long fireNs, Action<Sql> also)
    {
        var id = ScheduledSweep.Id(scheduleId, fireNs);
        await LaunchAsync(definition, 0, id, scheduleId, fireNs, scheduleId, also);
        return id;
    }

    private async Task LaunchAsync(SweepDefinition given, ulong maximum, string id, string scheduleId, long fireNs, string origin, Action<Sql>? also = null)
    {
        var (definition, entries, selected) = Check(given, maximum);
        List<PlannedRun> runs = [.. selected.SelectMany(device => SweepPlanner.Runs(definition, entries, device.Hello, origin, fireNs))];
        await sweeps.CreateAsync(id, scheduleId, fireNs, definition, runs, also);
        await grains.GetGrain<ISweepGrain>(id).Changed();
        foreach (var device in selected) await grains.GetGrain<IDeviceGrain>(device.DeviceId).Wake();
    }

    private (SweepDefinition Definition, List<ModelEntry> Models, List<SweepTarget> Devices) Check(SweepDefinition given, ulong maximum)
    {
        var definition = SweepRules.Complete(given);
        var entries = models.Resolve(definition.Models);
        var selected = SweepPlanner.Select(definition, devices.Targets(table));
        SweepPlanner.Bound(definition, selected.Count, Math.Min(maximum == 0 ? DefaultMaximum : (long)Math.Min(maximum, long.MaxValue), options.MaximumRunsPerSweep));
        return (definition, entries, selected);
    }
}
