using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Results;

/// <summary>A line of <c>edgefleet results export --format jsonl</c>: one run.</summary>
internal static class ExportedRun
{
    private const double NanosecondsPerSecond = 1e9;

    public static MeasuredResult Read(ResultFields fields)
    {
        var setting = new Setting(
            fields.Whole("depth_tokens"), fields.Whole("decode_tokens"), fields.Whole("batch"), fields.Whole("prefill_chunk_tokens"), fields.Whole("threads"),
            fields.OptionalText("logits") ?? "last");
        var context = fields.Whole("context_tokens");
        var outcome = fields.Text("outcome");
        var valid = fields.OptionalText("invalid") != "true";
        var samples = new SampleSet(context, setting);
        if (outcome == "completed" && valid)
        {
            samples.Add(Quantity.TimeToFirstToken, fields.Positive("ttft_ns") / NanosecondsPerSecond);
            samples.Add(Quantity.TimePerOutputToken, fields.Positive("tpot_ns") / NanosecondsPerSecond);
            samples.Add(Quantity.PeakMemory, fields.Positive("peak_memory_bytes"));
            samples.AddPrefillJoules(fields.Positive("prefill_gross_joules"));
            samples.AddDecodeJoules(fields.Positive("decode_gross_joules"));
        }

        var conditions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (fields.OptionalWhole("definitions_version") is { } version) conditions["definitions_version"] = version.ToString(CultureInfo.InvariantCulture);
        foreach (var name in (ReadOnlySpan<string>)["conditions_fingerprint", "device_id"])
        {
            if (fields.OptionalText(name) is { Length: > 0 } value) conditions[name] = value;
        }

        return new MeasuredResult
        {
            Candidate = new Candidate(
                fields.Text("model"), fields.Text("family"), fields.Text("precision"), fields.Text("provider"), fields.Text("weights"), fields.Text("runtime_pack_id")),
            Setting = setting,
            Context = context,
            Outcome = outcome,
            Reason = fields.OptionalText("reason") ?? "",
            Samples = samples.ToImmutable(),
            InvalidRepeats = valid ? 0 : 1,
            Conditions = conditions.ToImmutable(),
            Findings = [.. (fields.OptionalText("findings") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        };
    }
}
