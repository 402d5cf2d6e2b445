using System.Globalization;
using EdgeFleet.Agent.Delivery;
using EdgeFleet.Agent.Schedules;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;
using Serilog;

namespace EdgeFleet.Agent.Assignments;

/// <summary>
/// Takes assignments and hands out one run at a time. A run is in the journal from before it is accepted until its trace is in the spool; both
/// change under one lock, so that no trace is delivered whose run a restart would end a second time.
/// </summary>
internal sealed class AssignmentDesk(Journal journal, TraceOutbox outbox, ILogger log) : IDisposable
{
    private const int LongestReason = 64;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim arrivals = new(0);
    private OpenRun? running;
    private RunStop? draining;
    private bool taking = true;

    /// <summary>What the assignment asks for that this device does not have: a reason that ends the run. Set once, before the link is up.</summary>
    public Func<Scenario, string?> Obstacle { get; set; } = _ => null;

    /// <summary>Called for an accepted run whose trace could not be kept.</summary>
    public Action<AssignmentReply> Lost { get; set; } = _ => { };

    /// <summary>Whether a run is in progress.</summary>
    public bool IsBusy
    {
        get { lock (gate) return running is not null || journal.State.Held.Count > 0; }
    }

    /// <summary>Ends what a restart interrupted, each with a trace.</summary>
    public void RecoverInterrupted()
    {
        lock (gate)
        {
            foreach (var assignment in journal.State.Held)
            {
                if (!outbox.Holds(assignment.Run.RunId, assignment.Run.Attempt))
                {
                    log.Warning("Run {RunId} was interrupted by a restart of the agent.", assignment.Run.RunId);
                    outbox.Put(
                        RunTraces.Ended(assignment, Outcome.Failed, RunReasons.AgentRestarted, "The agent was restarted while it performed the run."), assignment.Origin);
                }

                Forget(assignment.Run.RunId);
            }
        }
    }

    /// <summary>Runs that this agent answers for, for a hello.</summary>
    public IReadOnlyList<RunClaim> Claims(string deviceId, int most)
    {
        lock (gate)
        {
            var state = journal.State;
            var claims = state.Held.Select(held => Claim(held, running?.Assignment.Run.RunId == held.Run.RunId ? "running" : "held")).ToList();
            if (state.Occasion is { } occasion) claims.AddRange(OccasionRuns.Pending(occasion, deviceId).Take(most - claims.Count).Select(pending => Claim(pending.Assignment, "held")));
            claims.AddRange(outbox.Claims().TakeLast(Math.Max(0, most - claims.Count)));
            return claims;
        }
    }

    /// <summary>Takes an assignment, or says why not.</summary>
    public AssignmentReply Offer(Assignment assignment)
    {
        var reply = new AssignmentReply { RunId = assignment.Run?.RunId ?? "", Attempt = assignment.Run?.Attempt ?? 0 };
        lock (gate)
        {
            reply.Reason = Refusal(assignment, out var known);
            reply.Accepted = reply.Reason.Length == 0;
            if (!reply.Accepted || known) return reply;
            try
            {
                journal.Change(state => state.Held.Add(assignment));
            }
            catch (IOException error)
            {
                log.Error("Run {RunId} is refused: the journal cannot be written: {Reason}", reply.RunId, error.Message);
                reply.Accepted = false;
                reply.Reason = "journal_not_writable";
                return reply;
            }
        }

        arrivals.Release();
        return reply;
    }

    /// <summary>Begins an occasion of a schedule, unless one is under way.</summary>
    /// <returns>Whether it was begun.</returns>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public bool Begin(DeviceSchedule schedule, long fireUnixNs)
    {
        lock (gate)
        {
            if (draining is not null || !taking || journal.State.Occasion is not null) return false;
            journal.Change(state =>
            {
                state.Occasion = new OfflineOccasion { Schedule = schedule, FireUnixNs = fireUnixNs };
                state.ActedUnixNs[schedule.ScheduleId] = fireUnixNs;
            });
        }

        arrivals.Release();
        return true;
    }

    /// <summary>Waits for the next run; null once nothing more is taken.</summary>
    public async Task<OpenRun?> NextAsync(string deviceId, CancellationToken cancellation)
    {
        while (true)
        {
            lock (gate)
            {
                if (draining is not null || !taking) return null;
                if (journal.State.Held.FirstOrDefault() is { } held) return running = new OpenRun(held, cancellation);
                if (NextOfOccasion(deviceId) is { } next) return running = new OpenRun(next, cancellation);
            }

            await arrivals.WaitAsync(cancellation);
        }
    }

    /// <summary>Ends a run with its trace: into the spool, then out of the journal.</summary>
    public void Complete(OpenRun run, Trace trace)
    {
        bool kept;
        var id = run.Assignment.Run.RunId;
        lock (gate)
        {
            kept = outbox.Put(trace, run.Assignment.Origin, () => Forget(id));
            running = null;
        }

        run.Dispose();
        if (kept) return;
        log.Error("The trace of run {RunId} could not be kept: the spool is full, or its disk is. It is counted as dropped.", id);
        Lost(new AssignmentReply { RunId = id, Attempt = run.Assignment.Run.Attempt, Reason = "trace_dropped" });
    }

    /// <summary>Ends a run that somebody cancelled; nothing where it is not held.</summary>
    public void Cancel(CancelRun cancel, string deviceId)
    {
        var reason = cancel.Reason.Length is > 0 and <= LongestReason ? cancel.Reason : RunReasons.Cancelled;
        var stop = new RunStop(Outcome.Cancelled, reason, "The collector cancelled the run.");
        lock (gate)
        {
            if (running is { } open && Matches(cancel, open.Assignment))
            {
                open.Stop(stop);
                return;
            }

            if (journal.State.Held.FirstOrDefault(held => Matches(cancel, held)) is { } waiting)
            {
                outbox.Put(RunTraces.Ended(waiting, stop), waiting.Origin, () => Forget(waiting.Run.RunId));
                return;
            }

            if (journal.State.Occasion is not { } occasion) return;
            foreach (var (index, pending) in OccasionRuns.Pending(occasion, deviceId).Where(run => Matches(cancel, run.Assignment)).Take(1))
            {
                outbox.Put(RunTraces.Ended(pending, stop), pending.Origin, () => Note(state => state.Occasion.Cancelled.Add(index)));
            }
        }
    }

    /// <summary>Takes nothing new from now on; the run in progress goes on.</summary>
    public void StopTaking()
    {
        lock (gate) taking = false;
        arrivals.Release();
    }

    /// <summary>Ends the run in progress, if there is one.</summary>
    public void StopRunning(RunStop stop)
    {
        lock (gate)
        {
            draining = stop;
            running?.Stop(stop);
        }

        arrivals.Release();
    }

    /// <summary>Remembers when the collector was last heard of, and how far the clocks are apart.</summary>
    public void Heard(long collectorUnixNs, long? offsetNs)
    {
        lock (gate)
        {
            Note(state =>
            {
                state.HeardUnixNs = Math.Max(state.HeardUnixNs, collectorUnixNs);
                state.ClockOffsetNs = offsetNs ?? state.ClockOffsetNs;
            });
        }
    }

    /// <summary>Remembers that an occasion was left out.</summary>
    public void Acted(string scheduleId, long fireUnixNs)
    {
        lock (gate) Note(state => state.ActedUnixNs[scheduleId] = fireUnixNs);
    }

    /// <summary>A copy of the journal.</summary>
    public JournalState State
    {
        get { lock (gate) return journal.State; }
    }

    public void Dispose()
    {
        running?.Dispose();
        arrivals.Dispose();
    }

    private string Refusal(Assignment assignment, out bool known)
    {
        known = false;
        if (assignment.Run is not { Scenario: not null } run || !Guid.TryParseExact(run.RunId, "D", out _) || run.Attempt == 0) return "invalid_assignment";
        if (draining is not null || !taking) return "draining";
        if (outbox.NewestAttempt(run.RunId) is { } spooled)
        {
            // Its trace waits already: nothing is performed twice.
            known = spooled == run.Attempt;
            if (spooled >= run.Attempt) return known ? "" : "stale_attempt";
        }

        if (journal.State.Held.FirstOrDefault() is { } held)
        {
            if (held.Run.RunId != run.RunId) return "busy";
            known = held.Run.Attempt == run.Attempt;
            return known ? "" : held.Run.Attempt > run.Attempt ? "stale_attempt" : "busy";
        }

        return running is not null ? "busy" : Obstacle(run.Scenario) ?? "";
    }

    private Assignment? NextOfOccasion(string deviceId)
    {
        if (journal.State.Occasion is not { } occasion) return null;
        foreach (var (index, assignment) in OccasionRuns.Pending(occasion, deviceId))
        {
            if (outbox.NewestAttempt(assignment.Run.RunId) is not null) continue;
            journal.Change(state =>
            {
                state.Held.Add(assignment);
                state.Occasion.Next = index + 1;
            });
            return assignment;
        }

        log.Information("All runs of schedule {Schedule} of {Fire} are done.", occasion.Schedule.ScheduleId, occasion.FireUnixNs.ToString(CultureInfo.InvariantCulture));
        journal.Change(state => state.Occasion = null);
        return null;
    }

    private void Forget(string runId) => Note(state =>
    {
        for (var i = state.Held.Count - 1; i >= 0; i--)
        {
            if (state.Held[i].Run.RunId == runId) state.Held.RemoveAt(i);
        }
    });

    private void Note(Action<JournalState> change)
    {
        if (journal.Record(change) is { } problem) log.Error("The journal could not be written and is behind until the next change: {Reason}", problem);
    }

    private static bool Matches(CancelRun cancel, Assignment assignment) =>
        assignment.Run.RunId == cancel.RunId && (cancel.Attempt == 0 || cancel.Attempt == assignment.Run.Attempt);

    private static RunClaim Claim(Assignment assignment, string state) =>
        new() { RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, State = state, Origin = assignment.Origin };
}
