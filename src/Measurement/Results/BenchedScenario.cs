using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Results;

/// <summary>A line of <c>edgefleet-agent bench --output jsonl</c>: one scenario with its repeats.</summary>
internal static class BenchedScenario
{
    private const double NanosecondsPerSecond = 1e9;

    public static MeasuredResult Read(ResultFields fields)
    {
        var setting = new Setting(
            fields.Whole("depth"), fields.Whole("decode"), fields.Whole("batch"), fields.Whole("chunk"), fields.Whole("threads"), fields.OptionalText("logits") ?? "last");
        var context = fields.Whole("context");
        var samples = new SampleSet(context, setting);
        var invalid = 0;
        foreach (var run in fields.Objects("runs"))
        {
            if (run.Text("outcome") != "completed") continue;
            if (run.OptionalText("invalidated_by") is { Length: > 0 })
            {
                invalid++;
                continue;
            }

            samples.Add(Quantity.TimeToFirstToken, Median(run.Numbers("ttft_nanoseconds")) / NanosecondsPerSecond);
            samples.Add(Quantity.TimePerOutputToken, Median(run.Numbers("tpot_nanoseconds")) / NanosecondsPerSecond);
            samples.Add(Quantity.PeakMemory, run.Positive("peak_bytes"));
            samples.AddPrefillJoules(run.Positive("prefill_joules"));
            samples.AddDecodeJoules(run.Positive("decode_joules"));
        }

        return new MeasuredResult
        {
            Candidate = new Candidate(
                fields.Text("model"), fields.Text("family"), fields.Text("precision"), fields.Text("provider"), fields.Text("weights"), fields.OptionalText("runtime_pack_id") ?? ""),
            Setting = setting,
            Context = context,
            Outcome = fields.Text("outcome"),
            Reason = fields.OptionalText("reason") ?? "",
            Samples = samples.ToImmutable(),
            InvalidRepeats = invalid,
            Shares = [.. fields.Objects("operators").Select(share => new ClassShare(share.Text("phase"), share.Text("class"), share.Share("share")))],
            Memory = fields.Object("memory") is { } memory ? [.. Parts(memory)] : [],
            EnergyUnavailable = fields.Objects("runs").SelectMany(run => run.Objects("energy")).Select(energy => energy.OptionalText("unavailable") ?? "").FirstOrDefault(reason => reason.Length > 0) ?? "",
            Conditions = Conditions(fields),
            Findings = [.. fields.Texts("findings")],
        };
    }

    private static IEnumerable<MemoryPart> Parts(ResultFields memory)
    {
        MemoryPart? Part(string kind, string field) => memory.Number(field) is { } bytes ? new MemoryPart(kind, Math.Max(0, bytes)) : null;
        return new[] { Part("weights", "weights_held_bytes"), Part("activations", "activations_bytes"), Part("runtime", "runtime_bytes") }.OfType<MemoryPart>()
            .Concat(memory.Objects("states").Select(state => new MemoryPart(state.Text("kind"), Math.Max(0, state.Number("allocated_bytes") ?? 0))));
    }

    /// <summary>All of the environment but the agent's own build, which makes no result unlike, and the provider, which is the candidate's.</summary>
    private static ImmutableSortedDictionary<string, string> Conditions(ResultFields fields)
    {
        var conditions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        conditions["definitions_version"] = fields.Whole("definitions_version").ToString(CultureInfo.InvariantCulture);
        if (fields.Object("environment") is { } environment)
        {
            conditions.AddRange(environment.AllTexts().Where(pair => pair.Key != "provider" && !pair.Key.StartsWith("agent_", StringComparison.Ordinal)));
        }

        return conditions.ToImmutable();
    }

    private static double? Median(double[] values) => values.Length == 0 ? null : Quantile.Median(values);
}
