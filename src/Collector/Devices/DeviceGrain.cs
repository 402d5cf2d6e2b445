using System.Collections.Immutable;
using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Schedules;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Google.Protobuf;

namespace EdgeFleet.Collector.Devices;

/// <inheritdoc cref="IDeviceGrain"/>
internal sealed partial class DeviceGrain(
    DeviceStore devices, RunStore runs, ScheduleStore schedules, ModelRegistry models, DeviceTable table, CollectorOptions options, TimeProvider time, ILogger<DeviceGrain> log)
    : Grain, IDeviceGrain
{
    private const int MostGauges = 64;

    // Reasons of a refusal that say nothing about the run: it goes back into its queue.
    private static readonly ImmutableHashSet<string> TransientRefusals = ["busy", "draining", "stale_attempt"];

    private (Guid Session, ILink Link)? attached;
    private (string RunId, uint Attempt)? current;
    private bool quarantined;
    private bool draining;
    private ulong configuration;
    private long heardNs;
    private long refusedUntilNs;

    private string DeviceId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(Look, new GrainTimerCreationOptions(options.HeartbeatInterval, options.HeartbeatInterval) { Interleave = false });
        return base.OnActivateAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string?> Attach(Guid session, byte[] hello, ILink link)
    {
        if (attached is { } other && other.Session != session && !Silent()) return "another stream of this device is alive; stop the other agent, or give this one a state directory of its own";
        var message = Hello.Parser.ParseFrom(hello);
        var row = await devices.GreetAsync(message);
        attached = (session, link);
        heardNs = time.UnixNanoseconds();
        refusedUntilNs = 0;
        draining = false;
        quarantined = row.Quarantined;
        configuration = message.ConfigurationVersion;
        if (quarantined) LogQuarantined(DeviceId);
        table.Update(DeviceId, s => s with
        {
            Online = true, LastSeenNs = heardNs, GoneNs = 0, Spool = message.Spool, AgentVersion = message.AgentVersion,
            HardwareClass = message.Inventory.TryGetValue("hardware_class", out var kind) ? kind : "unknown", RunId = null, Progress = null, Draining = false,
        });
        await Reconcile(message);
        DelayDeactivation(TimeSpan.FromDays(1));
        return null;
    }

    /// <inheritdoc/>
    public async Task Detach(Guid session)
    {
        if (attached?.Session != session) return;
        attached = null;
        var now = time.UnixNanoseconds();
        table.Update(DeviceId, s => s with { Online = false, GoneNs = now, Draining = false });
        await devices.SeenAsync([(DeviceId, heardNs)]);
    }

    /// <inheritdoc/>
    public async Task Receive(Guid session, byte[] message, (long OffsetNs, long ErrorNs)? clock)
    {
        if (attached?.Session != session) return;
        heardNs = time.UnixNanoseconds();
        var received = AgentMessage.Parser.ParseFrom(message);
        switch (received.MessageCase)
        {
            case AgentMessage.MessageOneofCase.Heartbeat:
                Beat(received.Heartbeat, clock);
                break;
            case AgentMessage.MessageOneofCase.Progress:
                if (current is { } running && received.Progress.RunId == running.RunId) table.Update(DeviceId, s => s with { Progress = received.Progress.Progress, LastSeenNs = heardNs });
                break;
            case AgentMessage.MessageOneofCase.AssignmentReply:
                await Replied(received.AssignmentReply);
                break;
            default:
                // From a newer agent.
                break;
        }
    }

    /// <inheritdoc/>
    public Task Wake() => Dispatch();

    /// <inheritdoc/>
    public Task Cancel(string runId, uint attempt, string reason) => attached is null
        ? Task.CompletedTask
        : Send(new CollectorMessage { Cancel = new CancelRun { RunId = runId, Attempt = attempt, Reason = reason } });

    /// <inheritdoc/>
    public async Task<bool> Drain(string reason)
    {
        if (attached is null) return false;
        draining = true;
        table.Update(DeviceId, s => s with { Draining = true });
        await Send(new CollectorMessage { Drain = new Drain { Reason = reason } });
        return true;
    }

    /// <inheritdoc/>
    public async Task OfferConfiguration()
    {
        if (attached is null) return;
        var (version, set) = schedules.For(DeviceId, models);
        if (version == configuration) return;
        configuration = version;
        await Send(new CollectorMessage { Configuration = new ConfigurationOffer { Version = version, Schedules = set } });
    }

    /// <inheritdoc/>
    public async Task Adopted()
    {
        quarantined = false;
        await OfferConfiguration();
        await Dispatch();
    }

    /// <inheritdoc/>
    public Task<bool> IsOnline() => Task.FromResult(attached is not null);

    private bool Silent() => time.UnixNanoseconds() - heardNs > 3 * options.HeartbeatInterval.Nanoseconds();

    // The agent's claims against what was issued: what it does not hold goes back, what it should not hold is cancelled.
    private async Task Reconcile(Hello hello)
    {
        var claims = hello.Runs.GroupBy(c => c.RunId).ToDictionary(g => g.Key, g => g.MaxBy(c => c.Attempt)!);
        current = null;
        foreach (var issued in runs.IssuedTo(DeviceId))
        {
            if (claims.TryGetValue(issued.RunId, out var claim) && claim.Attempt == issued.Attempt) continue;
            await runs.ReturnAsync(issued.RunId, issued.Attempt);
        }

        foreach (var claim in claims.Values)
        {
            var run = runs.Find(claim.RunId);
            if (run is null)
            {
                if (claim.State != "spooled" && claim.Origin is null) await Cancel(claim.RunId, claim.Attempt, "unknown_run");
            }
            else if (run.DeviceId != DeviceId || (run.State == RunState.Ended && claim.State != "spooled") || claim.Attempt < run.Attempt)
            {
                if (claim.State != "spooled") await Cancel(claim.RunId, claim.Attempt, "superseded");
            }
            else if (run.State == RunState.Queued)
            {
                await runs.HeldAsync(run.RunId, DeviceId, claim.Attempt);
            }

            if (claim.State != "spooled" && runs.Find(claim.RunId) is { State: RunState.Issued } held) current = (held.RunId, held.Attempt);
        }

        table.Update(DeviceId, s => s with { RunId = current?.RunId });
    }

    private void Beat(Heartbeat heartbeat, (long OffsetNs, long ErrorNs)? clock) => table.Update(DeviceId, s => s with
    {
        LastSeenNs = heardNs,
        Spool = heartbeat.Spool ?? s.Spool,
        Clock = clock ?? s.Clock,
        Gauges = heartbeat.Gauges.Where(g => double.IsFinite(g.Value)).OrderBy(g => g.Key, StringComparer.Ordinal).Take(MostGauges).ToImmutableSortedDictionary(StringComparer.Ordinal),
    });

    private async Task Replied(AssignmentReply reply)
    {
        if (current is not { } issued || issued.RunId != reply.RunId || issued.Attempt != reply.Attempt || reply.Accepted) return;
        LogRefused(DeviceId, reply.RunId, reply.Reason);
        current = null;
        table.Update(DeviceId, s => s with { RunId = null, Progress = null });
        if (TransientRefusals.Contains(reply.Reason))
        {
            await runs.ReturnAsync(reply.RunId, reply.Attempt);
            refusedUntilNs = time.UnixNanoseconds() + options.HeartbeatInterval.Nanoseconds();
        }
        else
        {
            var reason = reply.Reason.Length is > 0 and <= 64 ? reply.Reason : "assignment_refused";
            var sweep = await runs.FailAsync(reply.RunId, reply.Attempt, reason, "The agent refused the assignment.");
            if (sweep is not null) await GrainFactory.GetGrain<ISweepGrain>(sweep).Changed();
            await Dispatch();
        }
    }

    private async Task Look()
    {
        if (attached is not null && Silent()) await Detach(attached.Value.Session);
        await Dispatch();
    }

    private async Task Dispatch()
    {
        if (attached is null || quarantined || draining) return;
        if (current is { } running)
        {
            if (runs.Find(running.RunId) is { State: RunState.Issued } still && still.Attempt == running.Attempt) return;
            current = null;
            table.Update(DeviceId, s => s with { RunId = null, Progress = null });
        }

        if (time.UnixNanoseconds() < refusedUntilNs || runs.Queued(DeviceId) == 0) return;
        var assignment = await runs.IssueNextAsync(DeviceId);
        if (assignment is null) return;
        current = (assignment.Run.RunId, assignment.Run.Attempt);
        table.Update(DeviceId, s => s with { RunId = assignment.Run.RunId, Progress = null });
        if (assignment.Run.Scenario.ArtifactId.Length == 0) assignment.CatalogueEntryJson = models.Catalogued(assignment.Run.Scenario.Model)?.EntryJson ?? "";
        await Send(new CollectorMessage { Assignment = assignment });
    }

    private async Task Send(CollectorMessage message)
    {
        if (attached is not { } to) return;
        try
        {
            await to.Link.Send(message.ToByteArray());
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or InvalidOperationException)
        {
            // The stream is going; its run is given back when the agent says hello again and does not claim it.
            LogUnreachable(error, DeviceId);
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "Device {DeviceId} came with another hardware fingerprint than it was registered with; it gets no runs until it is adopted.")]
    private partial void LogQuarantined(string deviceId);

    [LoggerMessage(1002, LogLevel.Warning, "Device {DeviceId} refused run {RunId}: {Reason}.")]
    private partial void LogRefused(string deviceId, string runId, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Device {DeviceId} could not be reached.")]
    private partial void LogUnreachable(Exception error, string deviceId);
}
