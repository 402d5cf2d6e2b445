using System.Text.Json;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Traces;

/// <summary>
/// A trace in Chrome's trace event format (the JSON that ui.perfetto.dev and chrome://tracing read): phases as slices, the operator profile laid end to end,
/// telemetry as counters. Times are microseconds from the first instant of the trace.
/// </summary>
internal static class ChromeTrace
{
    private const int Process = 1;
    private const int PhaseTrack = 1;
    private const int TokenTrack = 2;
    private const int OperatorTrack = 3;

    /// <summary>Writes a trace.</summary>
    public static void Write(Trace trace, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        var origin = Origin(trace);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        Name(json, "process_name", 0, $"{trace.Scenario?.Model} {trace.Scenario?.ContextTokens} tokens, run {trace.RunId}");
        Name(json, "thread_name", PhaseTrack, "phases");
        Name(json, "thread_name", TokenTrack, "tokens");
        Name(json, "thread_name", OperatorTrack, "operators (profiling pass, summed per node)");
        foreach (var phase in trace.Phases)
        {
            Slice(json, PhaseTrack, phase.Iteration >= 0 ? $"{phase.Name} {phase.Iteration}" : phase.Name, "phase", phase.StartNs - origin, phase.EndNs - phase.StartNs);
        }

        Tokens(json, trace, origin);
        Operators(json, trace, origin);
        foreach (var series in trace.Telemetry)
        {
            for (var i = 0; i < Math.Min(series.TimeNs.Count, series.Value.Count); i++) Counter(json, series, series.TimeNs[i] - origin, series.Value[i]);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static long Origin(Trace trace) => trace.Phases.Select(p => p.StartNs).Concat(trace.Telemetry.SelectMany(t => t.TimeNs.Take(1))).DefaultIfEmpty(0).Min();

    // The tokens of an iteration follow its prefill or decode phase where the trace has one.
    private static void Tokens(Utf8JsonWriter json, Trace trace, long origin)
    {
        foreach (var (iteration, i) in trace.Iterations.Where(x => !x.Warmup).Select((x, i) => (x, i)))
        {
            if (trace.Phases.FirstOrDefault(p => p.Name == "prefill" && p.Iteration == i) is not { } prefill) continue;
            var at = prefill.StartNs + iteration.TtftNs - origin;
            Slice(json, TokenTrack, "first token", "token", prefill.StartNs - origin, iteration.TtftNs);
            foreach (var gap in iteration.InterTokenNs)
            {
                Slice(json, TokenTrack, "token", "token", at, gap);
                at += gap;
            }
        }
    }

    private static void Operators(Utf8JsonWriter json, Trace trace, long origin)
    {
        if (trace.Operators.Count == 0) return;
        var at = (trace.Phases.FirstOrDefault(p => p.Name == "profile")?.StartNs ?? origin) - origin;
        foreach (var op in trace.Operators)
        {
            Slice(json, OperatorTrack, op.Node.Length > 0 ? op.Node : op.Operator, op.OperatorClass, at, op.TimeNs);
            at += op.TimeNs;
        }
    }

    private static void Slice(Utf8JsonWriter json, int track, string name, string category, long startNs, long durationNs)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("cat", category.Length > 0 ? category : "other");
        json.WriteString("ph", "X");
        json.WriteNumber("ts", startNs / 1e3);
        json.WriteNumber("dur", durationNs / 1e3);
        json.WriteNumber("pid", Process);
        json.WriteNumber("tid", track);
        json.WriteEndObject();
    }

    private static void Counter(Utf8JsonWriter json, TelemetrySeries series, long atNs, double value)
    {
        json.WriteStartObject();
        json.WriteString("name", series.Label.Length > 0 ? $"{series.Metric} {series.Label}" : series.Metric);
        json.WriteString("ph", "C");
        json.WriteNumber("ts", atNs / 1e3);
        json.WriteNumber("pid", Process);
        json.WriteStartObject("args");
        json.WriteNumber("value", value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Name(Utf8JsonWriter json, string kind, int track, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", kind);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", Process);
        json.WriteNumber("tid", track);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
