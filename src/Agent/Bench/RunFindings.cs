using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Roofline;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Bench;

/// <summary>What a reader of a result must know, added to a worker's trace by its agent.</summary>
internal static class RunFindings
{
    /// <summary>Adds the findings.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="manifest">What was measured.</param>
    /// <param name="totalTokens">Longest sequence of the run.</param>
    /// <param name="isCpu">Whether it ran on the CPU.</param>
    /// <param name="hasLimits">Whether the machine's limits are known.</param>
    public static void Add(Trace trace, ArtifactManifest manifest, long totalTokens, bool isCpu, bool hasLimits)
    {
        void Finding(string code, string message) => trace.Findings.Add(new Finding { Code = code, Message = message });
        if (manifest.Weights.Source == "random") Finding(FindingCodes.RandomWeights, "The weights are seeded random numbers: speed and memory hold, text does not.");
        if (manifest.PositionLimit is null && manifest.TrainedContext is { } trained && manifest.Rotary.Length > 0 && totalTokens > trained)
        {
            Finding(FindingCodes.BeyondTrainedContext, $"{totalTokens} tokens exceed the {trained} that the model was trained for.");
        }

        if (!hasLimits && isCpu) Finding(FindingCodes.RooflineUnavailable, "The operator library has no probes.");
        if (trace.Roofline is { Mbu: > RooflineModel.MostCredibleMbu } roofline)
        {
            Finding(
                FindingCodes.AboveProbedBandwidth,
                string.Create(CultureInfo.InvariantCulture, $"Decoding moved {roofline.Mbu:0.00} of the probed bandwidth: other work disturbed the probe."));
        }

        if (trace.Environment?.Conditions.GetValueOrDefault("cpu_governor") is { } governor && governor != "performance")
        {
            Finding(FindingCodes.ClocksNotPinned, $"The frequency governor is '{governor}'.");
        }
    }
}
