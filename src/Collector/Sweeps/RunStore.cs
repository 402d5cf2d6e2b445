using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Protos.V1;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Rows of runs: issuing them, and what happens to those that do not end by a trace.</summary>
internal sealed class RunStore(Database database, CollectorOptions options, TimeProvider time)
{
    private const string Columns =
        """
        SELECT run_id, sweep_id, device_id, scenario, scenario_hash, repeat, state, attempt, run_end, result, issued_ns, ended_ns, reused_run_id, COALESCE(trace_id, 0) > 0, ordinal
        FROM run
        """;

    /// <summary>One run, or null.</summary>
    public Run? Find(string runId) => database.Read(sql => sql.First(Row, Columns + " WHERE run_id = $0", runId));

    /// <summary>Ids that begin with a prefix; at most two.</summary>
    public List<string> WithPrefix(string prefix) => database.Read(sql =>
        sql.Rows(r => r.GetString(0), "SELECT run_id FROM run WHERE run_id >= $0 AND run_id < $0 || 'g' ORDER BY run_id LIMIT 2", prefix));

    /// <summary>Devices that have runs and whose ids begin with a prefix; at most two. Those that were forgotten are among them.</summary>
    public List<string> DevicesWithPrefix(string prefix) => database.Read(sql =>
        sql.Rows(r => r.GetString(0), "SELECT DISTINCT device_id FROM run WHERE device_id >= $0 AND device_id < $0 || 'g' ORDER BY device_id LIMIT 2", prefix));

    /// <summary>A page of runs, by sweep, device and place.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="after">Place of the last run of the page before.</param>
    /// <param name="limit">Most runs.</param>
    public List<(Run Run, long Ordinal)> List(ListRunsRequest request, (string Sweep, string Device, long Ordinal) after, int limit) => database.Read(sql => sql.Rows(
        r => (Row(r), r.GetInt64(14)),
        Columns
        + """
         WHERE ($0 = '' OR sweep_id = $0) AND ($1 = '' OR device_id = $1) AND ($2 = '' OR model = $2) AND ($3 = 0 OR outcome = $3)
        AND (sweep_id, device_id, ordinal) > ($4, $5, $6) ORDER BY sweep_id, device_id, ordinal LIMIT $7
        """,
        request.SweepId, request.DeviceId, request.Model, request.Outcome, after.Sweep, after.Device, after.Ordinal, limit));

    /// <summary>Completed runs of a sweep.</summary>
    public List<Run> Completed(string sweepId) => database.Read(sql => sql.Rows(Row, Columns + " WHERE sweep_id = $0 AND outcome = 1", sweepId));

    /// <summary>Runs of a sweep that are on devices; at most 100.</summary>
    public List<Run> Issued(string sweepId) => database.Read(sql => sql.Rows(Row, Columns + " WHERE sweep_id = $0 AND state = 2 LIMIT 100", sweepId));

    /// <summary>Runs that wait for a device.</summary>
    public uint Queued(string deviceId) => database.Read(sql => (uint)sql.Number("SELECT COUNT(*) FROM run WHERE device_id = $0 AND state = 1", deviceId));

    /// <summary>Runs that wait, by device.</summary>
    public List<(string DeviceId, long Count)> Queues() => database.Read(sql => sql.Rows(r => (r.GetString(0), r.GetInt64(1)), "SELECT device_id, COUNT(*) FROM run WHERE state = 1 GROUP BY device_id"));

    /// <summary>Runs that are issued to a device.</summary>
    public List<Run> IssuedTo(string deviceId) => database.Read(sql => sql.Rows(Row, Columns + " WHERE device_id = $0 AND state = 2 ORDER BY issued_ns", deviceId));

    /// <summary>Issues the next run of a device: the one of the highest priority, then of the oldest sweep, then by place.</summary>
    /// <returns>The assignment with the attempt that fences it, or null where nothing waits.</returns>
    public Task<Assignment?> IssueNextAsync(string deviceId) => database.WriteAsync(sql =>
    {
        var sweeps = sql.Rows(r => r.GetString(0), "SELECT sweep_id FROM sweep WHERE state = 1 ORDER BY priority DESC, sweep_number");
        foreach (var sweepId in sweeps)
        {
            var run = sql.First(Row, Columns + " WHERE sweep_id = $0 AND device_id = $1 AND state = 1 ORDER BY ordinal LIMIT 1", sweepId, deviceId);
            if (run is null) continue;
            var sweep = SweepStore.FindRow(sql, sweepId)!;
            var now = time.UnixNanoseconds();
            var attempt = run.Attempt + 1;
            var deadline = now + sweep.Definition.TimeoutNs + options.DeliveryGrace.Nanoseconds();
            sql.Run("UPDATE run SET state = 2, attempt = $1, issued_ns = $2, deadline_ns = $3, lost = 0 WHERE run_id = $0", run.RunId, (long)attempt, now, deadline);
            return new Assignment
            {
                Run = new WorkerRun { RunId = run.RunId, Attempt = attempt, Repeat = run.Repeat, Scenario = run.Scenario, Engine = sweep.Definition.Engine },
                SweepId = sweepId,
                DeadlineUnixNs = deadline,
                TimeoutNs = sweep.Definition.TimeoutNs,
                Origin = new RunOrigin { SweepId = sweepId, ScheduleId = sweep.ScheduleId, FireUnixNs = sweep.FireUnixNs },
            };
        }

        return null;
    });

    /// <summary>Puts an issued run back into its queue: its device does not hold it.</summary>
    public Task ReturnAsync(string runId, uint attempt) => database.WriteAsync(sql =>
    {
        sql.Run("UPDATE run SET state = 1 WHERE run_id = $0 AND attempt = $1 AND state = 2 AND EXISTS (SELECT 1 FROM sweep s WHERE s.sweep_id = run.sweep_id AND s.state IN (1, 2))", runId, (long)attempt);

        // The sweep ended while the run was out: nobody will ask for it again.
        var end = new RunEnd { Outcome = Outcome.Cancelled, Reason = "sweep_ended", Message = "The sweep ended before a device performed the run." };
        sql.Run("UPDATE run SET state = 3, outcome = 5, run_end = $2, ended_ns = $3 WHERE run_id = $0 AND attempt = $1 AND state = 2", runId, (long)attempt, end, time.UnixNanoseconds());
    });

    /// <summary>Takes note of a run that a device holds although it was not issued: an offline schedule began it.</summary>
    public Task HeldAsync(string runId, string deviceId, uint attempt) => database.WriteAsync(sql =>
    {
        var now = time.UnixNanoseconds();
        sql.Run(
            """
            UPDATE run SET state = 2, attempt = $2, issued_ns = $3, deadline_ns = $4
            WHERE run_id = $0 AND device_id = $1 AND state = 1 AND attempt <= $2
            """,
            runId, deviceId, (long)attempt, now, now + TimeSpan.FromDays(1).Nanoseconds());
    });

    /// <summary>Ends an attempt that no trace will end, or puts the run back into its queue where the sweep's policy says so.</summary>
    /// <returns>The sweep, or null where the run was not issued with this attempt.</returns>
    public Task<string?> FailAsync(string runId, uint attempt, string reason, string message) => database.WriteAsync(sql => Fail(sql, runId, attempt, reason, message, lost: false));

    /// <summary>Counts the runs whose deadline has passed as lost.</summary>
    /// <returns>Their devices and sweeps.</returns>
    public async Task<List<(string DeviceId, string SweepId)>> ExpireAsync()
    {
        var now = time.UnixNanoseconds();
        const string Late = "SELECT run_id, attempt, device_id, sweep_id FROM run WHERE state = 2 AND deadline_ns < $0 LIMIT 1000";
        if (database.Read(sql => sql.Scalar(Late, now)) is null) return [];
        return await database.WriteAsync(sql =>
        {
            var late = sql.Rows(r => (Run: r.GetString(0), Attempt: (uint)r.GetInt64(1), Device: r.GetString(2), Sweep: r.GetString(3)), Late, now);
            foreach (var run in late) Fail(sql, run.Run, run.Attempt, "device_lost", "No trace came before the run's deadline. Look at the device; a trace that still comes replaces this.", lost: true);
            return late.ConvertAll(run => (run.Device, run.Sweep));
        });
    }

    /// <summary>Ends or requeues an attempt within a write.</summary>
    private string? Fail(Sql sql, string runId, uint attempt, string reason, string message, bool lost)
    {
        var run = sql.First(Row, Columns + " WHERE run_id = $0 AND attempt = $1 AND state = 2", runId, (long)attempt);
        if (run is null) return null;
        var sweep = SweepStore.FindRow(sql, run.SweepId)!;
        if (Retries(sweep, attempt, Outcome.Failed, reason))
        {
            sql.Run("UPDATE run SET state = 1, lost = $1 WHERE run_id = $0", runId, lost ? 1L : 0L);
        }
        else
        {
            var now = time.UnixNanoseconds();
            var end = new RunEnd { Outcome = Outcome.Failed, Reason = reason, Message = message };
            sql.Run("UPDATE run SET state = 3, outcome = 2, run_end = $1, ended_ns = $2, lost = $3 WHERE run_id = $0", runId, end, now, lost ? 1L : 0L);
            SweepStore.Settle(sql, run.SweepId, now);
        }

        return run.SweepId;
    }

    /// <summary>Whether a sweep's policy tries an attempt again.</summary>
    public static bool Retries(Sweep sweep, uint attempt, Outcome outcome, string reason) =>
        outcome == Outcome.Failed
        && sweep.State is SweepState.Running or SweepState.Paused
        && attempt < sweep.Definition.Retry.MaxAttempts
        && sweep.Definition.Retry.Reasons.Contains(reason);

    /// <summary>A run of a row, within a read or a write; null where there is none.</summary>
    public static Run? Find(Sql sql, string runId) => sql.First(Row, Columns + " WHERE run_id = $0", runId);

    private static Run Row(SqliteDataReader reader)
    {
        var run = new Run
        {
            RunId = reader.GetString(0),
            SweepId = reader.GetString(1),
            DeviceId = reader.GetString(2),
            Scenario = reader.Message(3, Scenario.Parser),
            ScenarioHash = reader.GetString(4),
            Repeat = (uint)reader.GetInt64(5),
            State = (RunState)reader.GetInt64(6),
            Attempt = (uint)reader.GetInt64(7),
            IssuedUnixNs = reader.GetInt64(10),
            EndedUnixNs = reader.GetInt64(11),
            ReusedRunId = reader.GetString(12),
            HasTrace = reader.GetInt64(13) != 0,
        };
        if (reader.MessageOrNull(8, RunEnd.Parser) is { } end) run.End = end;
        if (reader.MessageOrNull(9, RunResult.Parser) is { } result) run.Result = result;
        return run;
    }
}
