using System.Globalization;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Output;
using EdgeFleet.Measurement;
using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Roofline;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Protos.V1;
using Scenario = EdgeFleet.Measurement.Scenarios.Scenario;

namespace EdgeFleet.Agent.Bench;

/// <summary>Makes one row of a scenario's runs.</summary>
internal static class BenchRowBuilder
{
    // The worst outcome of the repeats is the scenario's.
    private static readonly Outcome[] FromBest = [Outcome.Completed, Outcome.Skipped, Outcome.Cancelled, Outcome.Failed, Outcome.OutOfMemory];

    /// <summary>A row for a scenario that could not be run at all.</summary>
    public static BenchRow Failed(Scenario scenario, string reason, string message) =>
        Base(scenario) with { Outcome = Name(Outcome.Failed), Reason = reason, Message = message };

    /// <summary>A row of finished runs; statistics use those that completed and that no finding invalidates.</summary>
    public static BenchRow Of(Scenario scenario, ModelCost cost, IReadOnlyList<Trace> traces)
    {
        var worst = traces.MaxBy(trace => Array.IndexOf(FromBest, trace.End.Outcome))!;
        Trace[] completed = [.. traces.Where(trace => trace.End.Outcome == Outcome.Completed && !trace.Findings.Any(finding => finding.Invalidates))];
        var ttft = MetricRow.Of(completed.Select(trace => MedianTtft(trace) / 1e6));
        var tpot = MetricRow.Of(completed.Select(MedianTpot).OfType<double>().Select(value => value / 1e6));
        var last = completed.LastOrDefault() ?? worst;
        return Base(scenario) with
        {
            Outcome = Name(worst.End.Outcome),
            Reason = worst.End.Reason,
            Message = worst.End.Message,
            ResolvedPrecision = last.Precision is { } precision ? $"{precision.Weights}/{precision.Activations}/{precision.State}" : "",
            TtftMilliseconds = ttft,
            TpotMilliseconds = tpot,
            PrefillTokensPerSecond = ttft is null ? null : Throughput.Prefill(ttft.Median * 1e6, scenario.ContextTokens, scenario.Batch),
            DecodeTokensPerSecond = tpot is null ? null : Throughput.Decode(tpot.Median * 1e6, scenario.Batch),
            Memory = MemoryOf(completed),
            StateBytes = cost.StateBytes(scenario.Batch, scenario.TotalTokens),
            KvBytes = cost.KvBytesPerToken * scenario.TotalTokens * scenario.Batch,
            RecurrentBytes = cost.RecurrentBytes * scenario.Batch,
            ConvolutionBytes = cost.ConvolutionBytes * scenario.Batch,
            Mbu = Median(completed.Where(trace => trace.Roofline?.Mbu > 0).Select(trace => trace.Roofline.Mbu)),
            Mfu = Median(completed.Where(trace => trace.Roofline?.Mfu > 0).Select(trace => trace.Roofline.Mfu)),
            MemoryBytesPerSecond = last.Roofline?.MemoryBytesPerSecond is > 0 and var bandwidth ? bandwidth : null,
            MatrixFlopPerSecond = last.Roofline?.MatrixFlopPerSecond is > 0 and var peak ? peak : null,
            Operators = Shares(last),
            OperatorTypes = Types(last),
            DeviceTimes = [.. last.DeviceTimes.Select(time => Device(time, time.Phase == "decode" ? tpot : ttft))],
            ProfiledPhases =
            [
                .. last.ProfiledPhases.Select(phase => new ProfiledPhaseRow(
                    phase.Phase, phase.Runs, phase.Executions, phase.RunNs / 1e6, phase.NodeNs / 1e6, phase.OverheadPerNodeNs / 1e3)),
            ],
            Routes = last.OperatorRoutes.ToDictionary(),
            Findings = [.. traces.SelectMany(trace => trace.Findings).Select(finding => finding.Code).Distinct()],
            Runs = [.. traces.Select(Run)],
            Environment = Flatten(last.Environment),
        };
    }

    private static BenchRow Base(Scenario scenario) => new()
    {
        DefinitionsVersion = MeasurementDefinitions.Version,
        Model = scenario.Model,
        Family = scenario.Family,
        Precision = scenario.Precision,
        ResolvedPrecision = "",
        Provider = scenario.Provider,
        Threads = scenario.Threads,
        Context = scenario.ContextTokens,
        Depth = scenario.DepthTokens,
        Decode = scenario.DecodeTokens,
        Batch = scenario.Batch,
        Chunk = scenario.PrefillChunkTokens,
        Logits = scenario.Logits,
        RuntimePackId = scenario.RuntimePackId,
        Weights = scenario.Weights,
        Outcome = "",
        Reason = "",
        Message = "",
        ArtifactId = scenario.ArtifactId,
        ScenarioHash = ScenarioHash.Of(scenario),
    };

    private static MemoryRow? MemoryOf(Trace[] completed)
    {
        Memory[] memories = [.. completed.Select(trace => trace.Memory).Where(memory => memory is { PeakBytes: > 0 })];
        if (memories.Length == 0) return null;
        double Part(Func<Memory, double> part) => Quantile.Median([.. memories.Select(part)]);
        return new MemoryRow(
            Part(memory => memory.PeakBytes),
            Part(memory => memory.WeightsBytes),
            Part(memory => memory.WeightsHeldBytes),
            [.. memories[0].States.Select(state => new StateMemoryRow(state.Kind, state.ComputedBytes, state.AllocatedBytes))],
            Part(memory => memory.RuntimeBytes),
            Part(memory => memory.BaselineBytes),
            Part(memory => memory.ActivationsBytes),
            Part(memory => memory.LoadTransientBytes),
            memories[0].Source);
    }

    private static OperatorShareRow[] Shares(Trace trace) =>
    [
        .. from operation in trace.Operators
           group operation by operation.Phase into phase
           let total = (double)phase.Sum(operation => operation.TimeNs)
           where total > 0
           from share in phase.GroupBy(operation => operation.OperatorClass)
           let time = share.Sum(operation => operation.TimeNs)
           orderby phase.Key == "decode", time descending
           select new OperatorShareRow(phase.Key, share.Key, time / total, time / 1e6),
    ];

    private static OperatorTypeRow[] Types(Trace trace) =>
    [
        .. from operation in trace.Operators
           group operation by operation.Phase into phase
           let total = (double)phase.Sum(operation => operation.TimeNs)
           where total > 0
           from type in phase.GroupBy(operation => (operation.Operator, operation.OperatorClass))
           let time = type.Sum(operation => operation.TimeNs)
           orderby phase.Key == "decode", time descending
           select new OperatorTypeRow(
               phase.Key, type.Key.Operator, type.Key.OperatorClass, PaperClasses.Of(type.Key.OperatorClass, type.Key.Operator), type.Select(operation => operation.Node).Distinct().Count(),
               type.Sum(operation => (long)operation.Count), time / 1e6, time / total, type.MaxBy(operation => operation.TimeNs)!.Shapes),
    ];

    // A prefill counts as one, however many chunks it has; steps each on their own.
    private static DeviceTimeRow Device(DeviceTime time, MetricRow? timed)
    {
        var times = time.Phase == "decode" ? Math.Max(1, time.Runs) : 1;
        var busy = time.BusyNs / 1e6 / times;
        return new DeviceTimeRow(time.Phase, time.Runs, busy, time.GapNs / 1e6 / times, timed?.Median - busy);
    }

    private static RunRow Run(Trace trace)
    {
        Iteration[] timed = [.. trace.Iterations.Where(iteration => !iteration.Warmup)];
        return new RunRow
        {
            RunId = trace.RunId,
            Repeat = (int)trace.Repeat,
            Outcome = Name(trace.End.Outcome),
            Reason = trace.End.Reason,
            Message = trace.End.Message,
            LoadMilliseconds = Milliseconds(trace, "load_cold"),
            WarmLoadMilliseconds = Milliseconds(trace, "load_warm"),
            ReferenceVariation = trace.Noise() is { } rounds ? Summary.Of([.. rounds.All])?.CoefficientOfVariation : null,
            Noise = Noise(trace),
            Sampler = trace.Sampler is { } sampler ? Sampler(sampler) : null,
            Energy = [.. trace.Energy.Select(energy => Energy(energy, trace.Scenario))],
            Findings = [.. trace.Findings.Select(finding => finding.Code)],
            WarmupIterations = trace.Iterations.Count - timed.Length,
            TtftNanoseconds = [.. timed.Select(iteration => iteration.TtftNs)],
            TpotNanoseconds = [.. timed.Select(Times).Select(times => times.TimePerOutputTokenNs).OfType<double>()],
            PeakBytes = trace.Memory is { PeakBytes: > 0 } memory ? memory.PeakBytes : null,
            PrefillJoules = Joules(trace, "prefill"),
            DecodeJoules = Joules(trace, "decode"),
            InvalidatedBy = string.Join(' ', trace.Findings.Where(finding => finding.Invalidates).Select(finding => finding.Code)),
            TokenHash = timed.Length == 0 ? null : timed[0].TokenHash.ToString("x16", CultureInfo.InvariantCulture),
        };
    }

    private static NoiseRow? Noise(Trace trace)
    {
        if (trace.Noise() is not { } rounds) return null;
        var compared = NoiseComparison.Of(trace.Samples(), rounds);
        return new NoiseRow([.. trace.NoiseReference.BeforeNs], [.. trace.NoiseReference.AfterNs], compared?.SpanNs, compared?.Reference, compared?.Spans, compared?.Iterations);
    }

    private static SamplerRow Sampler(SamplerReport report) => new(
        report.PeriodNs / 1e6, report.MedianIntervalNs / 1e6, report.P99IntervalNs / 1e6, report.LongestIntervalNs / 1e6, report.Readings, report.Late, report.BusyRatio, report.Placement);

    private static double? Milliseconds(Trace trace, string name) =>
        trace.Phases.FirstOrDefault(phase => phase.Name == name) is { } span ? (span.EndNs - span.StartNs) / 1e6 : null;

    private static EnergyRow Energy(Energy energy, Protos.V1.Scenario scenario)
    {
        long? tokens = energy.Phase switch
        {
            "prefill" => (long)scenario.ContextTokens * scenario.Batch,
            "decode" => (scenario.DecodeTokens - 1L) * scenario.Batch,
            _ => null,
        };
        var measured = energy.Unavailable.Length == 0;
        return new EnergyRow(
            energy.Phase, measured ? energy.GrossJoules : null, measured && double.IsFinite(energy.NetJoules) ? energy.NetJoules : null,
            measured ? energy.UncertaintyJoules : null, tokens, energy.Source, energy.Rail, energy.Unavailable);
    }

    private static double? Joules(Trace trace, string phase) =>
        trace.Energy.FirstOrDefault(energy => energy.Phase == phase && energy.Unavailable.Length == 0)?.GrossJoules;

    private static double MedianTtft(Trace trace) => Quantile.Median([.. Timed(trace).Select(iteration => (double)iteration.TtftNs)]);

    private static double? MedianTpot(Trace trace)
    {
        double[] times = [.. Timed(trace).Select(Times).Select(iteration => iteration.TimePerOutputTokenNs).OfType<double>()];
        return times.Length == 0 ? null : Quantile.Median(times);
    }

    private static IEnumerable<Iteration> Timed(Trace trace) => trace.Iterations.Where(iteration => !iteration.Warmup);

    private static TokenTimes Times(Iteration iteration) => new(iteration.TtftNs, [.. iteration.InterTokenNs]);

    private static double? Median(IEnumerable<double> values)
    {
        double[] samples = [.. values];
        return samples.Length == 0 ? null : Quantile.Median(samples);
    }

    private static Dictionary<string, string> Flatten(Protos.V1.Environment? environment)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        if (environment is null) return flat;
        flat["device_id"] = environment.DeviceId;
        flat["conditions_fingerprint"] = environment.ConditionsFingerprint;
        foreach (var (name, value) in environment.Hardware.Concat(environment.Software).Concat(environment.Conditions)) flat[name] = value;
        return flat;
    }

    private static string Name(Outcome outcome) => outcome switch
    {
        Outcome.Completed => "completed",
        Outcome.Skipped => "skipped",
        Outcome.Cancelled => "cancelled",
        Outcome.OutOfMemory => "out_of_memory",
        _ => "failed",
    };
}
