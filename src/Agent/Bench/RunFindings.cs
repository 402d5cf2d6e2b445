using System.Globalization;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Roofline;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;
using Google.Protobuf.Collections;

namespace EdgeFleet.Agent.Bench;

/// <summary>What a reader of a result must know, added to a worker's trace by its agent.</summary>
internal static class RunFindings
{
    /// <summary>Why limits are not known: an operator library of another build.</summary>
    public const string NoProbes = "The operator library has no probes.";

    /// <summary>Adds the findings.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="manifest">What was measured.</param>
    /// <param name="totalTokens">Longest sequence of the run.</param>
    /// <param name="withoutLimits">Why the limits of the machine, which a run on its processor is held against, are not known; null where they are or there are none.</param>
    /// <param name="processors">Processors that the run may use.</param>
    public static void Add(Trace trace, ArtifactManifest manifest, long totalTokens, string? withoutLimits, int processors)
    {
        void Finding(string code, string message) => trace.Findings.Add(new Finding { Code = code, Message = message });
        if (manifest.Weights.Source == "random") Finding(FindingCodes.RandomWeights, "The weights are seeded random numbers: speed and memory hold, text does not.");
        if (manifest.PositionLimit is null && manifest.TrainedContext is { } trained && manifest.Rotary.Length > 0 && totalTokens > trained)
        {
            Finding(FindingCodes.BeyondTrainedContext, $"{totalTokens} tokens exceed the {trained} that the model was trained for.");
        }

        if (trace.Scenario is { Provider: Provider.Cpu } scenario && scenario.Threads > processors)
        {
            Finding(FindingCodes.ThreadsExceedProcessors, $"{scenario.Threads} threads share {processors} processors and wait for each other; give at most as many (--threads), or 0 for the physical cores.");
        }

        if (withoutLimits is not null) Finding(FindingCodes.RooflineUnavailable, withoutLimits);
        if (trace.Roofline is { Mbu: > RooflineModel.MostCredibleMbu } roofline)
        {
            Finding(
                FindingCodes.AboveProbedBandwidth,
                string.Create(CultureInfo.InvariantCulture, $"Decoding moved {roofline.Mbu:0.00} of the probed bandwidth: other work disturbed the probe."));
        }

        if (trace.Environment?.Conditions is { } conditions && ClocksNotPinned(conditions) is { } why) Finding(FindingCodes.ClocksNotPinned, why);
    }

    /// <summary>Adds to each of a scenario's runs what they show together.</summary>
    public static void AddOfRepeats(IReadOnlyCollection<Trace> traces)
    {
        Trace[] counted = [.. traces.Where(trace => trace.End.Outcome == Outcome.Completed && !trace.Findings.Any(finding => finding.Invalidates))];
        Trace[] beside = [.. counted.Where(trace => trace.NoiseReference is not null)];
        if (RepeatAnalysis.Of([.. counted.Select(trace => trace.Level()).OfType<double>()], [.. beside.Select(trace => Quantile.Median([.. trace.Noise()!.All]))]) is not { } seen) return;
        foreach (var trace in counted) trace.Findings.Add(new Finding { Code = seen.Code, Message = seen.Message });
    }

    /// <summary>On a Jetson what jetson_clocks has done decides, elsewhere the governor.</summary>
    private static string? ClocksNotPinned(MapField<string, string> conditions) =>
        conditions.TryGetValue("clocks", out var clocks) ? clocks == "pinned" ? null : $"Clocks: {clocks}; run jetson_clocks."
        : conditions.TryGetValue("cpu_governor", out var governor) && governor != "performance" ? $"The frequency governor is '{governor}'."
        : null;
}
