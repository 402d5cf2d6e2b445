using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Measurement.Findings;

namespace EdgeFleet.Agent.Output;

/// <summary>A column of the tabular formats.</summary>
/// <param name="Name">Stable name with its unit, for CSV.</param>
/// <param name="Header">Heading for people.</param>
/// <param name="Numeric">Whether to align right.</param>
/// <param name="Exact">Value for programs; empty where there is none.</param>
/// <param name="Short">Value for people; null takes the exact one.</param>
internal sealed record Column(string Name, string Header, bool Numeric, Func<BenchRow, string> Exact, Func<BenchRow, string>? Short = null)
{
    /// <summary>Columns that people see; the rest is in CSV and JSON Lines.</summary>
    public static ImmutableArray<Column> Readable { get; } =
    [
        Text("model", "model", row => row.Model),
        Text("family", "family", row => row.Family),
        Text("precision", "precision", row => row.Precision),
        Text("provider", "provider", row => row.Provider),
        Count("threads", "thr", row => row.Threads),
        Count("context", "context", row => row.Context),
        Count("depth", "depth", row => row.Depth),
        Count("batch", "batch", row => row.Batch),
        Metric("ttft_ms", "TTFT ms", row => row.TtftMilliseconds),
        Number("prefill_tokens_per_s", "prefill t/s", row => row.PrefillTokensPerSecond, "0.0"),
        Metric("tpot_ms", "TPOT ms", row => row.TpotMilliseconds),
        Number("decode_tokens_per_s", "decode t/s", row => row.DecodeTokensPerSecond, "0.0"),
        Mebibytes("peak_bytes", "peak MiB", row => row.Memory?.PeakBytes),
        Mebibytes("activations_bytes", "activ. MiB", row => row.Memory?.ActivationsBytes),
        Mebibytes("state_bytes", "state MiB", row => row.StateBytes),
        Number("mbu", "MBU", row => row.Mbu, "0.00"),
        Number("mfu", "MFU", row => row.Mfu, "0.00"),
        Text("weights", "weights", row => row.Weights),
        new("outcome", "outcome", false, row => row.Outcome, row => row.Outcome == "completed" ? "" : $"{row.Outcome}: {row.Reason}"),
        new("findings", "findings", false, row => string.Join(' ', row.Findings), row => string.Join(' ', row.Findings.Where(code => code != FindingCodes.RandomWeights))),
    ];

    /// <summary>All columns, for CSV.</summary>
    public static ImmutableArray<Column> All { get; } =
    [
        .. Readable,
        Text("reason", "reason", row => row.Reason),
        Text("message", "message", row => row.Message),
        Count("decode", "decode", row => row.Decode),
        Count("chunk", "chunk", row => row.Chunk),
        Text("resolved_precision", "resolved", row => row.ResolvedPrecision),
        Count("repeats", "repeats", row => row.TtftMilliseconds?.Count ?? 0),
        .. Spread("ttft_ms", row => row.TtftMilliseconds),
        .. Spread("tpot_ms", row => row.TpotMilliseconds),
        Mebibytes("weights_bytes", "weights MiB", row => row.Memory?.WeightsBytes),
        Mebibytes("baseline_bytes", "baseline MiB", row => row.Memory?.BaselineBytes),
        Mebibytes("load_transient_bytes", "load MiB", row => row.Memory?.LoadTransientBytes),
        Text("memory_source", "source", row => row.Memory?.Source ?? ""),
        Mebibytes("kv_bytes", "KV MiB", row => row.KvBytes),
        Mebibytes("recurrent_bytes", "recurrent MiB", row => row.RecurrentBytes),
        Mebibytes("convolution_bytes", "window MiB", row => row.ConvolutionBytes),
        Number("memory_bytes_per_s", "bandwidth", row => row.MemoryBytesPerSecond, "0"),
        Number("matrix_flop_per_s", "matrix", row => row.MatrixFlopPerSecond, "0"),
        Text("artifact_id", "artifact", row => row.ArtifactId ?? ""),
        Text("scenario_hash", "scenario", row => row.ScenarioHash ?? ""),
        Text("machine", "machine", row => row.Environment.GetValueOrDefault("cpu_model", "")),
        Text("agent", "agent", row => row.Environment.GetValueOrDefault("agent_version", "")),
        Text("commit", "commit", row => row.Environment.GetValueOrDefault("agent_commit", "")),
        Text("onnxruntime", "ONNX Runtime", row => row.Environment.GetValueOrDefault("onnxruntime_version", "")),
    ];

    /// <summary>Value for people.</summary>
    public string Display(BenchRow row) => (Short ?? Exact)(row);

    private static Column Text(string name, string header, Func<BenchRow, string> value) => new(name, header, false, value);

    private static Column Count(string name, string header, Func<BenchRow, int> value) =>
        new(name, header, true, row => value(row).ToString(CultureInfo.InvariantCulture));

    private static Column Number(string name, string header, Func<BenchRow, double?> value, string format) =>
        new(name, header, true, row => Exactly(value(row)), row => value(row)?.ToString(format, CultureInfo.InvariantCulture) ?? "-");

    private static Column Mebibytes(string name, string header, Func<BenchRow, double?> value) =>
        new(name, header, true, row => Exactly(value(row)), row => (value(row) / 1048576)?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-");

    private static Column Metric(string name, string header, Func<BenchRow, MetricRow?> value) =>
        new(name, header, true, row => Exactly(value(row)?.Median), row => value(row) is { } metric ? WithSpread(metric) : "-");

    private static IEnumerable<Column> Spread(string name, Func<BenchRow, MetricRow?> value) =>
    [
        Number(name + "_q1", name, row => value(row)?.FirstQuartile, "0.00"),
        Number(name + "_q3", name, row => value(row)?.ThirdQuartile, "0.00"),
        Number(name + "_min", name, row => value(row)?.Minimum, "0.00"),
        Number(name + "_max", name, row => value(row)?.Maximum, "0.00"),
        Number(name + "_ci95_low", name, row => value(row)?.Confidence95Low, "0.00"),
        Number(name + "_ci95_high", name, row => value(row)?.Confidence95High, "0.00"),
    ];

    /// <summary>Median, and half of the range of the repeats where there are several.</summary>
    private static string WithSpread(MetricRow metric)
    {
        var median = metric.Median.ToString("0.00", CultureInfo.InvariantCulture);
        return metric.Count == 1 ? median : string.Create(CultureInfo.InvariantCulture, $"{median} ±{(metric.Maximum - metric.Minimum) / 2:0.00}");
    }

    private static string Exactly(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
