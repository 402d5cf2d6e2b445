using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Protos.V1;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Rows of sweeps and their runs.</summary>
internal sealed class SweepStore(Database database, TimeProvider time)
{
    private const string Columns = "SELECT sweep_id, definition, state, reason, schedule_id, fire_ns, created_ns, ended_ns, sweep_number FROM sweep";

    /// <summary>Stores a sweep with its runs, all or nothing. A sweep that is there already stays as it is, and so does each of its runs.</summary>
    /// <param name="sweepId">Its id.</param>
    /// <param name="scheduleId">Schedule that fired; empty for none.</param>
    /// <param name="fireNs">Fire time.</param>
    /// <param name="definition">Completed definition.</param>
    /// <param name="runs">Its runs.</param>
    /// <param name="also">Done in the same transaction.</param>
    /// <returns>Whether it is new.</returns>
    public Task<bool> CreateAsync(string sweepId, string scheduleId, long fireNs, SweepDefinition definition, IReadOnlyCollection<PlannedRun> runs, Action<Sql>? also = null)
    {
        var now = time.UnixNanoseconds();
        return database.WriteAsync(sql =>
        {
            var isNew = sql.Run(
                "INSERT OR IGNORE INTO sweep(sweep_id, schedule_id, fire_ns, definition, priority, state, reason, created_ns, ended_ns) VALUES($0, $1, $2, $3, $4, 1, '', $5, 0)",
                sweepId, scheduleId, fireNs, definition, (long)definition.Priority, now) > 0;
            var oldest = now - definition.Reuse.MaxAgeNs;
            foreach (var run in runs) Insert(sql, sweepId, run, definition.Reuse.Enabled ? oldest : null, now);
            Settle(sql, sweepId, now);
            also?.Invoke(sql);
            return isNew;
        });
    }

    /// <summary>Of these runs, how many an earlier result would stand for.</summary>
    public ulong Reusable(SweepDefinition definition, IEnumerable<PlannedRun> runs)
    {
        if (!definition.Reuse.Enabled) return 0;
        var oldest = time.UnixNanoseconds() - definition.Reuse.MaxAgeNs;
        return database.Read(sql => (ulong)runs.Count(run => run.Skipped is null && sql.Scalar(ReuseQuery, run.ReuseKey, oldest) is not null));
    }

    /// <summary>One sweep, or null.</summary>
    public Sweep? Find(string sweepId) => database.Read(sql => Find(sql, sweepId));

    /// <summary>Ids that begin with a prefix; at most two.</summary>
    public List<string> WithPrefix(string prefix) => database.Read(sql =>
        sql.Rows(r => r.GetString(0), "SELECT sweep_id FROM sweep WHERE sweep_id >= $0 AND sweep_id < $0 || 'g' ORDER BY sweep_id LIMIT 2", prefix));

    /// <summary>Sweeps, the newest first, older than a number.</summary>
    public List<(long Number, Sweep Sweep)> List(SweepState state, string scheduleId, long before, int limit) => database.Read(sql =>
    {
        var page = sql.Rows(
            r => (Number: r.GetInt64(8), Sweep: Row(r)),
            Columns + " WHERE sweep_number < $0 AND ($1 = 0 OR state = $1) AND ($2 = '' OR schedule_id = $2) ORDER BY sweep_number DESC LIMIT $3",
            before, state, scheduleId, limit);
        foreach (var (_, sweep) in page) Count(sql, sweep);
        return page;
    });

    /// <summary>Sweeps that are not at an end.</summary>
    public List<string> Open() => database.Read(sql => sql.Rows(r => r.GetString(0), "SELECT sweep_id FROM sweep WHERE state IN (1, 2) ORDER BY sweep_number"));

    /// <summary>Devices that have runs in a sweep in one of two states.</summary>
    public List<string> Devices(string sweepId) => database.Read(sql => sql.Rows(r => r.GetString(0), "SELECT DISTINCT device_id FROM run WHERE sweep_id = $0", sweepId));

    /// <summary>Pauses or resumes.</summary>
    /// <exception cref="RequestException">The sweep has ended.</exception>
    public Task<Sweep> PauseAsync(string sweepId, bool paused) => database.WriteAsync(sql =>
    {
        var sweep = Find(sql, sweepId) ?? throw RequestException.NotFound($"There is no sweep {sweepId}.");
        if (sweep.State is not (SweepState.Running or SweepState.Paused)) throw RequestException.Precondition($"Sweep {sweepId} has ended.");
        sql.Run("UPDATE sweep SET state = $1 WHERE sweep_id = $0", sweepId, paused ? SweepState.Paused : SweepState.Running);
        return Find(sql, sweepId)!;
    });

    /// <summary>Ends a sweep: its queued runs get an outcome, the issued ones keep theirs to come.</summary>
    /// <returns>The sweep, and the runs that devices should cancel.</returns>
    public Task<(Sweep Sweep, List<(string DeviceId, string RunId, uint Attempt)> Issued)> EndAsync(string sweepId, SweepState state, string reason, RunEnd end)
    {
        var now = time.UnixNanoseconds();
        return database.WriteAsync(sql =>
        {
            var sweep = Find(sql, sweepId) ?? throw RequestException.NotFound($"There is no sweep {sweepId}.");
            if (sweep.State is SweepState.Running or SweepState.Paused)
            {
                sql.Run("UPDATE run SET state = 3, outcome = $1, run_end = $2, ended_ns = $3 WHERE sweep_id = $0 AND state = 1", sweepId, end.Outcome, end, now);
                sql.Run("UPDATE sweep SET state = $1, reason = $2, ended_ns = $3 WHERE sweep_id = $0", sweepId, state, reason, now);
            }

            var issued = sql.Rows(r => (r.GetString(0), r.GetString(1), (uint)r.GetInt64(2)), "SELECT device_id, run_id, attempt FROM run WHERE sweep_id = $0 AND state = 2", sweepId);
            return (Find(sql, sweepId)!, issued);
        });
    }

    /// <summary>Marks a sweep as finished when none of its runs is open.</summary>
    public static void Settle(Sql sql, string sweepId, long nowNs) => sql.Run(
        """
        UPDATE sweep SET state = 3, ended_ns = $1 WHERE sweep_id = $0 AND state IN (1, 2)
        AND NOT EXISTS (SELECT 1 FROM run WHERE sweep_id = $0 AND state IN (1, 2))
        """,
        sweepId, nowNs);

    /// <summary>One sweep with its counts, or null.</summary>
    public static Sweep? Find(Sql sql, string sweepId)
    {
        var sweep = FindRow(sql, sweepId);
        if (sweep is not null) Count(sql, sweep);
        return sweep;
    }

    /// <summary>One sweep without its counts, or null.</summary>
    public static Sweep? FindRow(Sql sql, string sweepId) => sql.First(Row, Columns + " WHERE sweep_id = $0", sweepId);

    private const string ReuseQuery =
        "SELECT run_id FROM run WHERE reuse_key = $0 AND outcome = 1 AND reused_run_id = '' AND ended_ns >= $1 ORDER BY ended_ns DESC LIMIT 1";

    /// <summary>Stores a run; one that is there already stays as it is.</summary>
    public static void Insert(Sql sql, string sweepId, PlannedRun run, long? reuseSinceNs, long nowNs)
    {
        var reused = run.Skipped is null && reuseSinceNs is { } oldest ? sql.Scalar(ReuseQuery, run.ReuseKey, oldest) as string : null;
        var end = run.Skipped ?? (reused is null ? null : new RunEnd { Outcome = Outcome.Completed, Reason = "reused", Message = $"The result of run {reused} stands in." });
        sql.Run(
            """
            INSERT OR IGNORE INTO run(run_id, sweep_id, device_id, ordinal, scenario, scenario_hash, curve_hash, baseline_key, model, length_tokens, repeat,
                state, attempt, issued_ns, deadline_ns, outcome, run_end, ended_ns, lost, reuse_key, reused_run_id, conditions, result)
            VALUES($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, $12, $13, $14, 0, $15, $16,
                COALESCE((SELECT conditions FROM run WHERE run_id = $16), ''), (SELECT result FROM run WHERE run_id = $16))
            """,
            run.RunId, sweepId, run.DeviceId, (long)run.Ordinal, run.Scenario, run.Keys.Hash, run.Keys.Curve, run.Keys.Baseline, run.Scenario.Model, run.Keys.LengthTokens,
            (long)run.Repeat, end is null ? RunState.Queued : RunState.Ended, end?.Outcome ?? Outcome.Unspecified, end, end is null ? 0L : nowNs, run.ReuseKey, reused ?? "");
    }

    private static Sweep Row(SqliteDataReader reader) => new()
    {
        SweepId = reader.GetString(0),
        Definition = reader.Message(1, SweepDefinition.Parser),
        State = (SweepState)reader.GetInt64(2),
        Reason = reader.GetString(3),
        ScheduleId = reader.GetString(4),
        FireUnixNs = reader.GetInt64(5),
        CreatedUnixNs = reader.GetInt64(6),
        EndedUnixNs = reader.GetInt64(7),
        Counts = new RunCounts(),
    };

    private static void Count(Sql sql, Sweep sweep)
    {
        var counts = sweep.Counts;
        var rows = sql.Rows(
            r => (State: (RunState)r.GetInt64(0), Outcome: (Outcome)r.GetInt64(1), Reused: r.GetInt64(2) != 0, Count: (uint)r.GetInt64(3)),
            "SELECT state, outcome, reused_run_id <> '', COUNT(*) FROM run WHERE sweep_id = $0 GROUP BY 1, 2, 3", sweep.SweepId);
        foreach (var (state, outcome, reused, count) in rows)
        {
            counts.Total += count;
            if (reused) counts.Reused += count;
            switch (state, outcome)
            {
                case (RunState.Queued, _): counts.Queued += count; break;
                case (RunState.Issued, _): counts.Issued += count; break;
                case (_, Outcome.Completed): counts.Completed += count; break;
                case (_, Outcome.OutOfMemory): counts.OutOfMemory += count; break;
                case (_, Outcome.Skipped): counts.Skipped += count; break;
                case (_, Outcome.Cancelled): counts.Cancelled += count; break;
                default: counts.Failed += count; break;
            }
        }

        sweep.Devices = (uint)sql.Number("SELECT COUNT(DISTINCT device_id) FROM run WHERE sweep_id = $0", sweep.SweepId);
    }
}
