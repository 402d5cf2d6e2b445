using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Results;

/// <summary>The columns of an export. A value is a string, a long, a double or null.</summary>
internal static class ResultColumns
{
    /// <summary>Name, type and value of each column, in order.</summary>
    public static IReadOnlyList<ResultColumn> All { get; } =
    [
        Text("run_id", r => r.RunId), Text("sweep_id", r => r.SweepId), Text("device_id", r => r.DeviceId), Text("model", r => r.Scenario.Model), Text("family", r => r.Scenario.Family),
        Text("weights", r => r.Scenario.Weights), Text("artifact_id", r => r.Scenario.ArtifactId), Text("runtime_pack_id", r => r.Scenario.RuntimePackId),
        Text("provider", r => Show.Name(r.Scenario.Provider)), Text("precision", r => Show.Name(r.Scenario.Precision)), Text("power_mode", r => r.Scenario.PowerMode),
        Whole("context_tokens", r => r.Scenario.ContextTokens), Whole("decode_tokens", r => r.Scenario.DecodeTokens), Whole("depth_tokens", r => r.Scenario.DepthTokens), Whole("batch", r => r.Scenario.Batch),
        Whole("threads", r => r.Scenario.Threads), Whole("prefill_chunk_tokens", r => r.Scenario.PrefillChunkTokens), Text("scenario_hash", r => r.ScenarioHash),
        Whole("repeat", r => r.Repeat), Whole("attempt", r => r.Attempt), Text("outcome", r => Name(r.End?.Outcome)), Text("reason", r => r.End?.Reason ?? ""), Text("reused_run_id", r => r.ReusedRunId),
        Whole("ended_unix_ns", r => r.EndedUnixNs), Whole("definitions_version", r => r.Result?.DefinitionsVersion), Text("conditions_fingerprint", r => r.Result?.ConditionsFingerprint ?? ""),
        Whole("ttft_ns", r => r.Result is { HasTtftNs: true } x ? x.TtftNs : null), Whole("tpot_ns", r => r.Result is { HasTpotNs: true } x ? x.TpotNs : null),
        Real("prefill_tokens_per_second", r => r.Result is { HasPrefillTokensPerSecond: true } x ? x.PrefillTokensPerSecond : null),
        Real("decode_tokens_per_second", r => r.Result is { HasDecodeTokensPerSecond: true } x ? x.DecodeTokensPerSecond : null),
        Whole("load_cold_ns", r => r.Result is { HasLoadColdNs: true } x ? x.LoadColdNs : null), Whole("load_warm_ns", r => r.Result is { HasLoadWarmNs: true } x ? x.LoadWarmNs : null),
        Whole("peak_memory_bytes", r => r.Result is { HasPeakMemoryBytes: true } x ? (long)x.PeakMemoryBytes : null), Whole("weights_bytes", r => r.Result is { HasWeightsBytes: true } x ? (long)x.WeightsBytes : null),
        Whole("activations_bytes", r => r.Result is { HasActivationsBytes: true } x ? x.ActivationsBytes : null),
        Whole("kv_bytes", r => State(r, "kv")), Whole("recurrent_bytes", r => State(r, "recurrent")), Whole("convolution_bytes", r => State(r, "convolution")),
        Real("prefill_gross_joules", r => r.Result?.EnergyGrossJoules.TryGetValue("prefill", out var j) == true ? j : null),
        Real("decode_gross_joules", r => r.Result?.EnergyGrossJoules.TryGetValue("decode", out var j) == true ? j : null),
        Real("mbu_ratio", r => r.Result is { HasMbuRatio: true } x ? x.MbuRatio : null), Real("mfu_ratio", r => r.Result is { HasMfuRatio: true } x ? x.MfuRatio : null),
        Real("ttft_baseline_ratio", r => r.Result is { HasTtftBaselineRatio: true } x ? x.TtftBaselineRatio : null), Real("tpot_baseline_ratio", r => r.Result is { HasTpotBaselineRatio: true } x ? x.TpotBaselineRatio : null),
        Whole("iterations", r => r.Result?.Iterations), Text("findings", r => string.Join(' ', r.Result?.Findings ?? [])), Text("invalid", r => r.Result?.Invalid == true ? "true" : "false"),
        Text("logits", r => r.Scenario.Logits == LogitsMode.All ? "all" : "last"),
    ];

    private static string Name(Outcome? outcome) => outcome switch
    {
        Outcome.OutOfMemory => "out_of_memory",
        { } known => known.ToString().ToLowerInvariant(),
        null => "",
    };

    private static long? State(Run run, string kind) => run.Result?.StateBytes.TryGetValue(kind, out var bytes) == true ? (long)bytes : null;

    private static ResultColumn Text(string name, Func<Run, string> value) => new(name, typeof(string), value);

    private static ResultColumn Whole(string name, Func<Run, long?> value) => new(name, typeof(long), run => value(run));

    private static ResultColumn Real(string name, Func<Run, double?> value) => new(name, typeof(double), run => value(run));
}
