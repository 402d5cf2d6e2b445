using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Metrics;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Collector.Ingest;

/// <summary>
/// Takes whole traces in: checks, stores bytes and row in one group commit, and ends the run, each at most once. Fencing: before a trace has ended its run
/// only the newest attempt may; after that equal traces are duplicates and different ones conflicts or stale.
/// </summary>
internal sealed class TraceIngest(Database database, TraceSegments segments, IngestMetrics metrics, TimeProvider time)
{
    private const int BaselineRuns = 20;

    // Their tables are made once; as many as traces were ever decoded side by side.
    private static readonly ConcurrentBag<Decompressor> Decompressors = [];
    private static readonly TimeSpan BaselineAge = TimeSpan.FromDays(60);

    /// <summary>Decodes, checks and stores a trace.</summary>
    /// <param name="spoolSequence">Its place in the spool.</param>
    /// <param name="header">What it is.</param>
    /// <param name="encoded">All of its bytes.</param>
    /// <returns>What became of it, or why it is refused for good.</returns>
    public async Task<(IngestedTrace? Stored, string? Refused)> StoreAsync(ulong spoolSequence, TraceHeader header, ReadOnlyMemory<byte> encoded)
    {
        var begin = Stopwatch.GetTimestamp();
        var (trace, times, problem) = Decode(header, encoded.Span, withBulk: false);
        problem ??= TraceRules.Check(header, trace!, times);
        if (problem is not null)
        {
            metrics.Refused(problem);
            return (null, problem);
        }

        var result = trace!.End.Outcome == Outcome.Completed ? ResultSummary.Of(trace, times) : null;
        var keys = ScenarioKeys.Of(trace.Scenario.ToMeasured());
        var (stored, refused) = await database.WriteAsync(sql => Apply(sql, spoolSequence, header, encoded, trace, keys, result), segments.Flush);
        if (stored is null) metrics.Refused(refused!);
        else metrics.Stored(stored, trace, Stopwatch.GetElapsedTime(begin), encoded.Length);
        return (stored, refused);
    }

    /// <summary>Decodes a trace and checks its digest.</summary>
    /// <param name="header">What it is.</param>
    /// <param name="encoded">All of its bytes.</param>
    /// <param name="withBulk">Whether samples and token times are decoded, or checked and left out (<see cref="BulkCheck"/>).</param>
    /// <returns>The trace, the token times of what was left out, or a problem.</returns>
    public static (Trace? Trace, List<DecodeTimes> Times, string? Problem) Decode(TraceHeader header, ReadOnlySpan<byte> encoded, bool withBulk)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(encoded)) != header.Sha256) return (null, [], "corrupt: the bytes do not have the header's sha256");

        // The frame's own claim is not trusted: the room has the size that the header promised, which was bounded.
        var size = (int)header.DecodedBytes;
        var rented = ArrayPool<byte>.Shared.Rent(size);
        var decompressor = Decompressors.TryTake(out var idle) ? idle : new Decompressor();
        try
        {
            var plain = rented.AsSpan(0, size);
            if (header.Encoding == TraceEncoding.Identity)
            {
                if (size != encoded.Length) return (null, [], "corrupt: decoded_bytes differs from the size");
                encoded.CopyTo(plain);
            }
            else if (!decompressor.TryUnwrap(encoded, plain, out var written) || written != size)
            {
                return (null, [], "corrupt: the zstd frame does not hold decoded_bytes bytes");
            }

            if (withBulk) return (Trace.Parser.ParseFrom(plain), [], null);
            return BulkCheck.Take(plain, out var rest, out var times) is { } problem ? (null, [], problem) : (Trace.Parser.ParseFrom(plain[..rest]), times, null);
        }
        catch (ZstdException error)
        {
            return (null, [], $"corrupt: not a zstd frame ({error.Message})");
        }
        catch (InvalidProtocolBufferException error)
        {
            return (null, [], $"corrupt: not a trace ({error.Message})");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
            Decompressors.Add(decompressor);
        }
    }

    private (IngestedTrace? Stored, string? Refused) Apply(Sql sql, ulong spoolSequence, TraceHeader header, ReadOnlyMemory<byte> encoded, Trace trace, ScenarioKeys keys, RunResult? result)
    {
        var now = time.UnixNanoseconds();
        var known = sql.First(r => r.GetString(0), "SELECT run_id FROM trace WHERE run_id = $0 AND attempt = $1 AND sha256 = $2", header.RunId, (long)header.Attempt, header.Sha256);
        var run = RunStore.Find(sql, header.RunId);
        if (known is not null) return (new IngestedTrace(TraceDisposition.Duplicate, run?.SweepId ?? "", header.DeviceId, run ?? new Run { RunId = header.RunId }, false), null);

        var isNew = false;
        if (run is null)
        {
            var origin = Origin(header, trace, keys);
            if (origin is null) return (null, "run_unknown: the collector never issued this run, and its origin does not give its id");
            isNew = Adopt(sql, header, trace, keys, origin.Value.SweepId, now);
            run = RunStore.Find(sql, header.RunId)!;
        }

        if (run.DeviceId != header.DeviceId) return (null, "wrong_device: the run belongs to another device");
        if (run.ScenarioHash != keys.Hash) return (null, "wrong_scenario: the trace's scenario is not the run's");

        var lost = sql.Number("SELECT lost FROM run WHERE run_id = $0", run.RunId) != 0;

        // 0 stands for a trace that retention has removed: it still ended the run.
        var endedByTrace = sql.Number("SELECT trace_id IS NOT NULL FROM run WHERE run_id = $0", run.RunId) != 0;
        var sweep = SweepStore.FindRow(sql, run.SweepId)!;
        var disposition = Disposition(run, endedByTrace, lost, header.Attempt, sweep, trace);

        var (segment, offset) = segments.Append(header.ToByteArray(), encoded.Span);
        sql.Run(
            """
            INSERT INTO trace(device_id, spool_id, spool_sequence, run_id, attempt, sha256, segment, segment_offset, encoded_bytes, decoded_bytes, encoding, disposition, received_ns)
            VALUES($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            header.DeviceId, header.SpoolId, (long)spoolSequence, header.RunId, (long)header.Attempt, header.Sha256, segment, offset, (long)encoded.Length, (long)header.DecodedBytes,
            header.Encoding, disposition, now);
        var traceId = sql.Number("SELECT last_insert_rowid()");

        switch (disposition)
        {
            case TraceDisposition.Accepted or TraceDisposition.SupersededLoss:
                if (result is not null) Baselines(sql, run, sweep.Definition.Repeats, keys, result, now);
                sql.Run(
                    """
                    UPDATE run SET state = 3, attempt = $1, outcome = $2, run_end = $3, ended_ns = $4, lost = 0, conditions = $5, result = $6, trace_id = $7, reused_run_id = ''
                    WHERE run_id = $0
                    """,
                    run.RunId, (long)header.Attempt, trace.End.Outcome, trace.End, now, trace.Environment?.ConditionsFingerprint ?? "", result, traceId);
                if (trace.End.Outcome == Outcome.OutOfMemory && sweep.Definition.Stop.SkipLongerAfterOutOfMemory) SkipLonger(sql, run, keys, now);
                SweepStore.Settle(sql, run.SweepId, now);
                break;
            case TraceDisposition.Retried:
                sql.Run("UPDATE run SET state = 1, attempt = $1 WHERE run_id = $0", run.RunId, (long)header.Attempt);
                break;
        }

        return (new IngestedTrace(disposition, run.SweepId, run.DeviceId, RunStore.Find(sql, run.RunId)!, isNew), null);
    }

    private static TraceDisposition Disposition(Run run, bool endedByTrace, bool lost, uint attempt, Sweep sweep, Trace trace)
    {
        if (endedByTrace && run.State == RunState.Ended) return attempt < run.Attempt ? TraceDisposition.Stale : TraceDisposition.Conflict;
        if (attempt < run.Attempt) return TraceDisposition.Stale;
        if (run.State == RunState.Ended)
        {
            // Ended by the collector: as lost, or by the end of its sweep while the device was away. What was measured is worth more than either.
            return lost || trace.End.Outcome == Outcome.Completed ? TraceDisposition.SupersededLoss : TraceDisposition.Accepted;
        }

        return RunStore.Retries(sweep, attempt, trace.End.Outcome, trace.End.Reason) ? TraceDisposition.Retried : TraceDisposition.Accepted;
    }

    // A run of an offline schedule, or of a sweep that this database does not know any more: its id proves where it came from.
    private static (string Origin, string SweepId)? Origin(TraceHeader header, Trace trace, ScenarioKeys keys)
    {
        if (header.Origin is not { } origin) return null;
        var name = origin.ScheduleId.Length > 0 ? origin.ScheduleId : origin.SweepId;
        if (name.Length == 0 || origin.FireUnixNs <= 0) return null;
        var id = RunId.Compute(name, Clock.FromUnixNanoseconds(origin.FireUnixNs), header.DeviceId, keys.Hash, (int)trace.Repeat).ToString("D");
        if (id != header.RunId) return null;
        return (name, origin.ScheduleId.Length > 0 ? ScheduledSweep.Id(origin.ScheduleId, origin.FireUnixNs) : origin.SweepId);
    }

    private static bool Adopt(Sql sql, TraceHeader header, Trace trace, ScenarioKeys keys, string sweepId, long now)
    {
        var isNew = false;
        if (SweepStore.FindRow(sql, sweepId) is null)
        {
            isNew = true;
            var definition = sql.First(r => r.Message(0, SweepDefinition.Parser), "SELECT definition FROM schedule WHERE schedule_id = $0", header.Origin.ScheduleId) ?? new SweepDefinition
            {
                Name = "Performed without the collector",
                Retry = new RetryPolicy { MaxAttempts = 1 },
                Stop = new StopConditions { SkipLongerAfterOutOfMemory = false },
                Reuse = new ReusePolicy(),
                Engine = new EngineOptions(),
            };
            sql.Run(
                "INSERT INTO sweep(sweep_id, schedule_id, fire_ns, definition, priority, state, reason, created_ns, ended_ns) VALUES($0, $1, $2, $3, 0, 1, '', $4, 0)",
                sweepId, header.Origin.ScheduleId, header.Origin.FireUnixNs, definition, now);
        }

        var planned = new PlannedRun
        {
            RunId = header.RunId, DeviceId = header.DeviceId, Scenario = trace.Scenario, Keys = keys, Repeat = trace.Repeat, Ordinal = 0, Skipped = null, ReuseKey = "",
        };
        SweepStore.Insert(sql, sweepId, planned, null, now);
        return isNew;
    }

    // Median against median: one slow repeat is noise. Before half of the repeats are in, there is nothing to say yet.
    private static void Baselines(Sql sql, Run run, uint repeats, ScenarioKeys keys, RunResult result, long now)
    {
        if (result.Invalid || result.ConditionsFingerprint.Length == 0) return;
        List<RunResult> Like(string sweeps, long since, long most) =>
        [
            .. sql.Rows(
                r => r.Message(0, RunResult.Parser),
                $"""
                SELECT result FROM run WHERE device_id = $0 AND baseline_key = $1 AND conditions = $2 AND outcome = 1 AND reused_run_id = '' AND ended_ns >= $4 AND run_id <> $5 AND {sweeps}
                ORDER BY ended_ns DESC LIMIT $6
                """,
                run.DeviceId, keys.Baseline, result.ConditionsFingerprint, run.SweepId, since, run.RunId, most)
            .Where(r => !r.Invalid && r.DefinitionsVersion == result.DefinitionsVersion),
        ];
        List<RunResult> repeated = [result, .. Like("sweep_id = $3", 0, repeats)];
        if (repeated.Count < (repeats + 1) / 2) return;
        var before = Like("sweep_id <> $3", now - BaselineAge.Nanoseconds(), BaselineRuns);
        if (Ratio(repeated, before, r => r.HasTtftNs ? r.TtftNs : null) is { } ttft) result.TtftBaselineRatio = ttft;
        if (Ratio(repeated, before, r => r.HasTpotNs ? r.TpotNs : null) is { } tpot) result.TpotBaselineRatio = tpot;
    }

    private static double? Ratio(IEnumerable<RunResult> results, IEnumerable<RunResult> baseline, Func<RunResult, double?> value)
    {
        double[] candidate = [.. results.Select(value).OfType<double>()];
        double[] before = [.. baseline.Select(value).OfType<double>()];
        return candidate.Length > 0 && before.Length > 0 && Quantile.Median(before) > 0 ? Quantile.Median(candidate) / Quantile.Median(before) : null;
    }

    private static void SkipLonger(Sql sql, Run run, ScenarioKeys keys, long now)
    {
        var end = new RunEnd { Outcome = Outcome.Skipped, Reason = "shorter_context_out_of_memory", Message = $"Run {run.RunId} of a shorter context ran out of memory." };
        sql.Run(
            """
            UPDATE run SET state = 3, outcome = 4, run_end = $4, ended_ns = $5
            WHERE sweep_id = $0 AND device_id = $1 AND state = 1 AND curve_hash = $2 AND length_tokens > $3
            """,
            run.SweepId, run.DeviceId, keys.Curve, keys.LengthTokens, end, now);
    }
}
