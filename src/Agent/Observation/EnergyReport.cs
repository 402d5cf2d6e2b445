using System.Collections.Immutable;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using EdgeFleet.Measurement.Energy;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>Energy of load, prefill and decode from what the sensors read (docs/measurement.md, energy).</summary>
internal static class EnergyReport
{
    /// <summary>A phase must last this many sensor periods.</summary>
    public const int LeastPeriods = 20;

    private const string None = "no sensor of this machine reads power or energy";
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Whether one of the sensors reads power or energy.</summary>
    public static bool HasSource(IEnumerable<ISensor> sensors) => sensors.Any(sensor => sensor.Name.Metric is Metrics.PowerWatts or Metrics.EnergyJoules);

    /// <summary>Energy of the phases of one prefill and one decode.</summary>
    /// <param name="trace">The run: its spans.</param>
    /// <param name="record">What the sensors read from before the idle window to after the run; null where they were not read.</param>
    /// <param name="idle">Span before the run in which the machine was idle.</param>
    public static IEnumerable<Energy> Of(Trace trace, TelemetryRecord? record, (long StartNs, long EndNs) idle)
    {
        var source = record is null ? null : Choose(record.Series, trace.Scenario.Provider);
        var phases = trace.Scenario.DecodeTokens > 1 ? (string[])["load", "prefill", "decode"] : ["load", "prefill"];
        if (source is null || record is null) return phases.Select(phase => new Energy { Phase = phase, Unavailable = record is null ? "the sensors were not read" : None });
        var idleWatts = Over(source, idle.StartNs, idle.EndNs) is { } level && idle.EndNs > idle.StartNs ? level / ((idle.EndNs - idle.StartNs) / NanosecondsPerSecond) : (EnergyEstimate?)null;
        return phases.Select(phase => Describe(phase, phase switch
        {
            "load" => Span(trace, source, "load_cold", record.Period),
            "prefill" => Span(trace, source, "energy_prefill", record.Period) is { Estimate: not null } pass ? pass : Span(trace, source, "prefill", record.Period),
            _ => Decode(trace, source, record.Period),
        }, source, idleWatts));
    }

    /// <summary>What counts as the run's energy: the module of a Jetson, the GPU's board for a GPU, the packages with their memory for an x86 processor.</summary>
    private static PowerSource? Choose(ImmutableArray<SampledSeries> series, Provider provider)
    {
        SampledSeries? Find(string metric, string source, string label) =>
            series.FirstOrDefault(one => one.Name == new SensorName(metric, source, label) && one.Values.Length >= 2);
        if ((Find(Metrics.PowerWatts, "ina3221", "VDD_IN") ?? Find(Metrics.PowerWatts, "ina3221", JetsonModule.TotalLabel)) is { } module) return new PowerSource([module]);
        if (provider is Provider.Cuda or Provider.Tensorrt)
        {
            return (Find(Metrics.EnergyJoules, "nvml", "gpu0") ?? Find(Metrics.PowerWatts, "nvml", "gpu0")) is { } gpu ? new PowerSource([gpu]) : null;
        }

        var rapl = series.Where(one => one.Name.Source == "rapl" && one.Values.Length >= 2
            && (one.Name.Label.StartsWith("package", StringComparison.Ordinal) || one.Name.Label.EndsWith(" dram", StringComparison.Ordinal))).ToImmutableArray();
        return rapl.IsEmpty ? null : new PowerSource(rapl);
    }

    private static Part Decode(Trace trace, PowerSource source, TimeSpan period)
    {
        // A pass of whole iterations less a pass of prefills leaves the decode of the mean iteration.
        var (full, prefill) = (Span(trace, source, "energy_full", period), Span(trace, source, "energy_prefill", period));
        return full.Estimate is { } whole && prefill.Estimate is { } first
            ? new Part(whole - first, full.Seconds - prefill.Seconds, "")
            : Span(trace, source, "decode", period);
    }

    /// <summary>Mean energy of the spans of a name.</summary>
    private static Part Span(Trace trace, PowerSource source, string name, TimeSpan period)
    {
        var spans = trace.Phases.Where(phase => phase.Name == name && (phase.Iteration >= 0 || phase.Repeats > 0 || name == "load_cold")).ToList();
        if (spans.Count == 0) return new Part(null, 0, "the run has no such phase");
        var repeats = spans.Sum(span => Math.Max(1L, span.Repeats));
        var least = LeastPeriods * period.TotalSeconds * NanosecondsPerSecond;
        if (spans.Any(span => span.EndNs - span.StartNs < least)) return new Part(null, 0, $"the phase is shorter than {LeastPeriods} sensor periods of {period.TotalMilliseconds:0.#} ms");
        var sum = new EnergyEstimate(0, 0, 0);
        foreach (var span in spans)
        {
            if (Over(source, span.StartNs, span.EndNs) is not { } energy) return new Part(null, 0, "the sensor has no samples on both sides of the phase");
            sum += energy;
        }

        return new Part(sum / repeats, spans.Sum(span => span.EndNs - span.StartNs) / NanosecondsPerSecond / repeats, "");
    }

    private static EnergyEstimate? Over(PowerSource source, long startNs, long endNs)
    {
        var sum = new EnergyEstimate(0, 0, 0);
        foreach (var series in source.Series)
        {
            var estimate = series.Name.Metric == Metrics.EnergyJoules
                ? CounterDifference.Over(series.TimesNs.AsSpan(), series.Values.AsSpan(), startNs, endNs, series.Resolution)
                : PowerIntegral.Over(series.TimesNs.AsSpan(), series.Values.AsSpan(), startNs, endNs, series.Resolution);
            if (estimate is not { } known) return null;
            sum += known;
        }

        return sum;
    }

    private static Energy Describe(string phase, Part part, PowerSource source, EnergyEstimate? idleWatts)
    {
        var first = source.Series[0];
        var energy = new Energy
        {
            Phase = phase,
            Source = first.Name.Source,
            Rail = string.Join('+', source.Series.Select(series => series.Name.Label)),
            SamplingIntervalNs = first.TimesNs.Length < 2 ? 0 : (first.TimesNs[^1] - first.TimesNs[0]) / (first.TimesNs.Length - 1),
        };
        if (part.Estimate is not { } estimate || estimate.Joules <= 0)
        {
            energy.Unavailable = part.Estimate is null ? part.Reason : "the sensor did not move over the phase";
            return energy;
        }

        energy.GrossJoules = estimate.Joules;
        energy.UncertaintyJoules = estimate.HalfWidth95;
        energy.NetJoules = idleWatts is { } idle ? estimate.Joules - (idle.Joules * part.Seconds) : double.NaN;
        return energy;
    }

    private sealed record PowerSource(ImmutableArray<SampledSeries> Series);

    private sealed record Part(EnergyEstimate? Estimate, double Seconds, string Reason);
}
