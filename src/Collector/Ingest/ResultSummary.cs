using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>The numbers of a completed run from its trace (docs/measurement.md). Pure, so that results can be rebuilt from the traces.</summary>
internal static class ResultSummary
{
    /// <summary>Summarises a trace.</summary>
    /// <param name="trace">The trace; its bulk is not needed.</param>
    /// <param name="times">Times between the tokens of each iteration.</param>
    public static RunResult Of(Trace trace, IReadOnlyList<DecodeTimes> times)
    {
        var result = new RunResult { DefinitionsVersion = trace.DefinitionsVersion, ConditionsFingerprint = trace.Environment?.ConditionsFingerprint ?? "" };
        Times(trace, times, result);
        Memory(trace.Memory, result);
        foreach (var energy in trace.Energy.Where(e => e.Unavailable.Length == 0))
        {
            result.EnergyGrossJoules[energy.Phase] = energy.GrossJoules;
            result.EnergyNetJoules[energy.Phase] = energy.NetJoules;
        }

        if (trace.Roofline is { } roofline)
        {
            if (roofline.Mbu > 0) result.MbuRatio = roofline.Mbu;
            if (roofline.Mfu > 0) result.MfuRatio = roofline.Mfu;
        }

        result.Findings.Add(trace.Findings.Select(f => f.Code).Distinct());
        result.Invalid = trace.Findings.Any(f => f.Invalidates);
        return result;
    }

    private static void Times(Trace trace, IReadOnlyList<DecodeTimes> times, RunResult result)
    {
        List<Iteration> timed = [.. trace.Iterations.Where(i => !i.Warmup)];
        result.Iterations = (uint)timed.Count;
        if (timed.Count > 0)
        {
            double[] ttft = [.. timed.Select(i => (double)i.TtftNs)];
            result.TtftNs = (long)Quantile.Median(ttft);
            result.PrefillTokensPerSecond = (double)trace.Scenario.ContextTokens * trace.Scenario.Batch / (result.TtftNs * 1e-9);
            result.TokenHash = timed[0].TokenHash;
        }

        double[] tpot = [.. times.Where((t, i) => t.Count > 0 && !trace.Iterations[i].Warmup).Select(t => t.MeanNs)];
        if (tpot.Length > 0)
        {
            var median = Quantile.Median(tpot);
            result.TpotNs = (long)median;
            if (median > 0) result.DecodeTokensPerSecond = trace.Scenario.Batch / (median * 1e-9);
        }

        foreach (var phase in trace.Phases)
        {
            if (phase.Name == "load_cold") result.LoadColdNs = phase.EndNs - phase.StartNs;
            if (phase.Name == "load_warm") result.LoadWarmNs = phase.EndNs - phase.StartNs;
        }
    }

    private static void Memory(Memory? memory, RunResult result)
    {
        if (memory is null || memory.PeakBytes == 0) return;
        result.PeakMemoryBytes = memory.PeakBytes;
        if (memory.WeightsBytes > 0) result.WeightsBytes = memory.WeightsBytes;
        result.ActivationsBytes = memory.ActivationsBytes;
        foreach (var state in memory.States) result.StateBytes[state.Kind] = state.AllocatedBytes > 0 ? state.AllocatedBytes : state.ComputedBytes;
    }
}
