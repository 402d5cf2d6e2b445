using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>What a trace must fulfil to be counted. Values that cannot be are refused rather than stored, since one of them would spoil a page of good ones.</summary>
internal static class TraceRules
{
    /// <summary>Largest encoded and decoded trace.</summary>
    public const ulong LargestTrace = 64UL << 20;

    /// <summary>Longest time of anything in a trace, nanoseconds.</summary>
    public const long LongestTime = 30L * 24 * 3600 * 1_000_000_000;
    private const ulong LargestMemory = 1UL << 50;
    private const double HighestShare = 100;
    private const uint MostAttempts = 1000;

    /// <summary>The first rule that a header breaks, or null.</summary>
    public static string? Check(TraceHeader header)
    {
        if (!Hash.IsSha256(header.DeviceId)) return "invalid_header: device_id must be 64 lower-case hexadecimal digits";
        if (header.SpoolId.Length is 0 or > 64) return "invalid_header: spool_id must have 1 to 64 characters";
        if (!Guid.TryParseExact(header.RunId, "D", out _)) return "invalid_header: run_id is no UUID";
        if (header.Attempt is 0 or > MostAttempts) return $"invalid_header: attempt must be 1 to {MostAttempts}";
        if (!Hash.IsSha256(header.Sha256)) return "invalid_header: sha256 must be 64 lower-case hexadecimal digits";
        if (header.EncodedBytes is 0 or > LargestTrace) return $"too_large: encoded_bytes must be 1 to {LargestTrace}";
        if (header.DecodedBytes is 0 or > LargestTrace) return $"too_large: decoded_bytes must be 1 to {LargestTrace}";
        return header.Encoding is TraceEncoding.Unspecified or TraceEncoding.Zstd or TraceEncoding.Identity ? null : $"unknown_encoding: encoding {(int)header.Encoding} is not known";
    }

    /// <summary>The first rule that a trace breaks, or null. Its bulk is checked before it is decoded (<see cref="BulkCheck"/>).</summary>
    /// <param name="header">What it is said to be.</param>
    /// <param name="trace">The trace without its bulk.</param>
    /// <param name="times">Times between the tokens of each iteration.</param>
    public static string? Check(TraceHeader header, Trace trace, IReadOnlyList<DecodeTimes> times)
    {
        if (trace.RunId != header.RunId) return "invalid_trace: run_id differs from the header's";
        if (trace.Attempt != header.Attempt) return "invalid_trace: attempt differs from the header's";
        if (trace.Scenario is null) return "invalid_trace: scenario is missing";
        if (trace.End is null || trace.End.Outcome == Outcome.Unspecified) return "invalid_trace: end.outcome is missing";
        if (trace.End.Outcome > Outcome.Cancelled) return $"invalid_trace: end.outcome {(int)trace.End.Outcome} is not known";
        if (trace.End.Outcome != Outcome.Completed && trace.End.Reason.Length == 0) return "invalid_trace: end.reason is missing";
        if (trace.Environment is { DeviceId.Length: > 0 } environment && environment.DeviceId != header.DeviceId) return "invalid_trace: environment.device_id differs from the header's";
        return Iterations(trace, times) ?? Phases(trace) ?? MemoryOf(trace.Memory) ?? EnergyOf(trace) ?? Rates(trace.Roofline);
    }

    private static string? Iterations(Trace trace, IReadOnlyList<DecodeTimes> times)
    {
        if (trace.End.Outcome == Outcome.Completed && !trace.Iterations.Any(i => !i.Warmup)) return "impossible: iterations holds no timed one, yet the run completed";
        foreach (var (iteration, i) in trace.Iterations.Select((x, i) => (x, i)))
        {
            if (iteration.TtftNs is <= 0 or > LongestTime) return $"impossible: iterations[{i}].ttft_ns {iteration.TtftNs} is outside 1 ns to 30 days";
            if (times[i].HasOutside) return $"impossible: iterations[{i}].inter_token_ns has a value outside 0 to 30 days";
            var most = Math.Max(0, (long)trace.Scenario.DecodeTokens - 1);
            if (times[i].Count > most) return $"impossible: iterations[{i}].inter_token_ns has {times[i].Count} values; {trace.Scenario.DecodeTokens} generated tokens have at most {most}";
        }

        return null;
    }

    private static string? Phases(Trace trace)
    {
        foreach (var (phase, i) in trace.Phases.Select((x, i) => (x, i)))
        {
            if (phase.StartNs < 0 || phase.EndNs < phase.StartNs || phase.EndNs - phase.StartNs > LongestTime) return $"impossible: phases[{i}] ({phase.Name}) runs from {phase.StartNs} to {phase.EndNs} ns";
        }

        return trace.Operators.FirstOrDefault(o => o.TimeNs is < 0 or > LongestTime) is { } bad ? $"impossible: operators: {bad.Node} has time_ns {bad.TimeNs}" : null;
    }

    private static string? MemoryOf(Memory? memory)
    {
        if (memory is null) return null;
        foreach (var (name, bytes) in (ReadOnlySpan<(string, ulong)>)
        [
            ("weights_bytes", memory.WeightsBytes), ("baseline_bytes", memory.BaselineBytes), ("peak_bytes", memory.PeakBytes), ("load_transient_bytes", memory.LoadTransientBytes),
        ])
        {
            if (bytes > LargestMemory) return $"impossible: memory.{name} {bytes} is more than 1 PiB";
        }

        if (memory.States.Any(s => s.ComputedBytes > LargestMemory || s.AllocatedBytes > LargestMemory)) return "impossible: memory.states has more than 1 PiB";
        return Math.Abs((double)memory.ActivationsBytes) > LargestMemory ? $"impossible: memory.activations_bytes {memory.ActivationsBytes}" : null;
    }

    private static string? EnergyOf(Trace trace)
    {
        foreach (var (energy, i) in trace.Energy.Select((x, i) => (x, i)))
        {
            if (energy.Unavailable.Length > 0) continue;
            if (!double.IsFinite(energy.GrossJoules) || energy.GrossJoules <= 0) return $"impossible: energy[{i}].gross_joules {energy.GrossJoules}; without a measurement say why in unavailable";
            if (!double.IsFinite(energy.NetJoules) || !double.IsFinite(energy.UncertaintyJoules) || energy.UncertaintyJoules < 0) return $"impossible: energy[{i}] has a value that is not finite or negative";
        }

        return null;
    }

    private static string? Rates(Roofline? roofline) => roofline is null
        || (roofline.Mbu is >= 0 and <= HighestShare && roofline.Mfu is >= 0 and <= HighestShare
            && roofline.MemoryBytesPerSecond is >= 0 and < 1e16 && roofline.MatrixFlopPerSecond is >= 0 and < 1e20)
        ? null
        : "impossible: roofline has a rate or share that no machine has";
}
