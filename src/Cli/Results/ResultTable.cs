using System.Text.Json;
using EdgeFleet.Cli.Output;
using Spectre.Console;

namespace EdgeFleet.Cli.Results;

/// <summary>Results as people compare them, and as one line of JSON.</summary>
internal static class ResultTable
{
    private static readonly string[] Head = ["device", "model", "family", "precision", "context", "n", "TTFT", "prefill tokens/s", "TPOT", "decode tokens/s", "peak memory", "state", ""];

    /// <summary>Writes them.</summary>
    public static void Write(Printer printer, IReadOnlyList<ScenarioResult> results) => printer.Write(
        json =>
        {
            json.WriteStartObject();
            WriteJson(json, results);
            json.WriteEndObject();
        },
        console =>
        {
            var table = new Table().Border(TableBorder.Simple);
            foreach (var column in Head) table.AddColumn(new TableColumn(column).NoWrap());
            foreach (var r in results) table.AddRow([.. Cells(r).Select(cell => new Text(cell))]);
            console.Write(table);
        });

    /// <summary>Writes the member <c>results</c> of an object.</summary>
    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<ScenarioResult> results)
    {
        json.WriteStartArray("results");
        foreach (var r in results)
        {
            json.WriteStartObject();
            json.WriteString("device_id", r.DeviceId);
            json.WriteString("model", r.Scenario.Model);
            json.WriteString("family", r.Scenario.Family);
            json.WriteString("weights", r.Scenario.Weights);
            json.WriteString("precision", Show.Name(r.Scenario.Precision));
            json.WriteNumber("context_tokens", r.Scenario.ContextTokens);
            json.WriteNumber("decode_tokens", r.Scenario.DecodeTokens);
            json.WriteNumber("depth_tokens", r.Scenario.DepthTokens);
            json.WriteNumber("batch", r.Scenario.Batch);
            json.WriteNumber("runs", r.Runs);
            json.WriteNumber("completed", r.Completed);
            Number(json, "ttft_ns", r.TtftNs);
            Number(json, "tpot_ns", r.TpotNs);
            Number(json, "prefill_tokens_per_second", r.PrefillTokensPerSecond);
            Number(json, "decode_tokens_per_second", r.DecodeTokensPerSecond);
            Number(json, "peak_memory_bytes", r.PeakMemoryBytes);
            Number(json, "state_bytes", r.StateBytes);
            json.WriteString("not_completed", r.Outcome);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string[] Cells(ScenarioResult r) =>
    [
        Show.Id(r.DeviceId), r.Scenario.Model, r.Scenario.Family, Show.Name(r.Scenario.Precision), $"{r.Scenario.ContextTokens}", $"{r.Completed}",
        Or(r.TtftNs, Show.Duration), Or(r.PrefillTokensPerSecond, Show.Number), Or(r.TpotNs, Show.Duration), Or(r.DecodeTokensPerSecond, Show.Number),
        Or(r.PeakMemoryBytes, Show.Bytes), Or(r.StateBytes, Show.Bytes), r.Outcome,
    ];

    private static string Or(double? value, Func<double, string> show) => value is { } v ? show(v) : "-";

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } v) json.WriteNumber(name, v);
        else json.WriteNull(name);
    }
}
