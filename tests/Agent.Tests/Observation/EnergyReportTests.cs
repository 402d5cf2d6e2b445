using System.Collections.Immutable;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests.Observation;

/// <summary>Power whose course is known: 5 W idle, 15 W in a prefill, 25 W in a decode.</summary>
public sealed class EnergyReportTests
{
    private const long Second = 1_000_000_000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly (long, long) Idle = (1 * Second, 3 * Second);

    [Fact]
    public void Phases_have_their_gross_and_net_energy_with_source_and_rail()
    {
        // Idle to 5 s, prefill to 8 s, decode to 12 s, then idle.
        var record = Record(Series(Metrics.PowerWatts, "ina3221", "VDD_IN", t => t < 5 ? 5 : t < 8 ? 15 : t < 12 ? 25 : 5));
        var trace = Trace(("load_cold", 3, 5, -1, 0), ("prefill", 5, 8, 0, 0), ("decode", 8, 12, 0, 0));
        var energies = EnergyReport.Of(trace, record, Idle).ToDictionary(energy => energy.Phase);
        Assert.All(energies.Values, energy => Assert.Equal(("ina3221", "VDD_IN", ""), (energy.Source, energy.Rail, energy.Unavailable)));
        Assert.Equal(10, energies["load"].GrossJoules, 0.6);
        Assert.Equal(45, energies["prefill"].GrossJoules, 0.01 * 45 + 1);
        Assert.Equal(100, energies["decode"].GrossJoules, 0.01 * 100 + 1);
        Assert.Equal(energies["prefill"].GrossJoules - 15, energies["prefill"].NetJoules, 0.1);
        Assert.All(energies.Values, energy => Assert.InRange(energy.UncertaintyJoules, 0, 3));
        Assert.Equal(100_000_000, energies["prefill"].SamplingIntervalNs);
    }

    [Fact]
    public void A_phase_too_short_for_the_sensor_is_taken_from_the_pass_that_repeats_it()
    {
        // A prefill of 0.01 s at 15 W and a decode of 0.03 s at 25 W, repeated 300 and 100 times.
        var record = Record(Series(Metrics.PowerWatts, "ina3221", "module", t => t < 5 ? 5 : t < 8 ? 15 : ((0.01 * 15) + (0.03 * 25)) / 0.04));
        var trace = Trace(("prefill", 4, 4.01, 0, 0), ("decode", 4.01, 4.04, 0, 0), ("energy_prefill", 5, 8, -1, 300), ("energy_full", 8, 12, -1, 100));
        var energies = EnergyReport.Of(trace, record, Idle).ToDictionary(energy => energy.Phase);
        Assert.Equal(0.15, energies["prefill"].GrossJoules, 0.004);
        Assert.Equal(0.75, energies["decode"].GrossJoules, 0.015);
        Assert.Equal(0.75 - (5 * 0.03), energies["decode"].NetJoules, 0.02);
    }

    [Fact]
    public void A_short_phase_without_such_a_pass_is_unavailable_and_not_zero()
    {
        var record = Record(Series(Metrics.PowerWatts, "ina3221", "VDD_IN", _ => 5));
        var prefill = EnergyReport.Of(Trace(("prefill", 4, 4.5, 0, 0)), record, Idle).Single(energy => energy.Phase == "prefill");
        Assert.Equal("the phase is shorter than 20 sensor periods of 100 ms", prefill.Unavailable);
        Assert.Equal(0, prefill.GrossJoules);
    }

    [Fact]
    public void Counters_of_package_and_memory_are_added()
    {
        var record = Record(
            Series(Metrics.EnergyJoules, "rapl", "package-0", t => 20 * t), Series(Metrics.EnergyJoules, "rapl", "0 dram", t => 3 * t), Series(Metrics.EnergyJoules, "rapl", "0 core", t => 9 * t));
        var prefill = EnergyReport.Of(Trace(("prefill", 5, 8, 0, 0), ("prefill", 8, 11, 1, 0)), record, Idle).Single(energy => energy.Phase == "prefill");
        Assert.Equal((69.0, "package-0+0 dram"), (Math.Round(prefill.GrossJoules, 6), prefill.Rail));
        Assert.Equal(0, prefill.NetJoules, 1e-6);
    }

    [Fact]
    public void A_run_on_a_gpu_counts_its_board_and_a_run_on_the_processor_does_not()
    {
        var record = Record(Series(Metrics.EnergyJoules, "nvml", "gpu0", t => 300 * t));
        var trace = Trace(("prefill", 5, 8, 0, 0));
        Assert.Equal("no sensor of this machine reads power or energy", EnergyReport.Of(trace, record, Idle).First().Unavailable);
        trace.Scenario.Provider = Provider.Cuda;
        Assert.Equal(900, EnergyReport.Of(trace, record, Idle).Single(energy => energy.Phase == "prefill").GrossJoules, 1e-6);
    }

    [Fact]
    public void Throttling_within_the_timed_span_is_found_and_before_it_is_not()
    {
        var trace = Trace(("prefill", 5, 8, 0, 0));
        Assert.Null(ThrottleCheck.Of(trace, Record(Series(Metrics.ThrottleEvents, "soctherm", "oc3", t => t < 4 ? 1 : 2))));
        Assert.Equal("throttled", ThrottleCheck.Of(trace, Record(Series(Metrics.ThrottleEvents, "soctherm", "oc3", t => t < 6 ? 1 : 2)))!.Code);

        // Idle (1) and application clocks (2) hold nothing down; thermal slowdown (0x20) does.
        Assert.Null(ThrottleCheck.Of(trace, Record(Series(Metrics.ThrottleReasons, "nvml", "gpu0", _ => 3))));
        Assert.Contains("gpu0", ThrottleCheck.Of(trace, Record(Series(Metrics.ThrottleReasons, "nvml", "gpu0", t => t < 7 ? 1 : 0x20)))!.Message, StringComparison.Ordinal);
    }

    private static Trace Trace(params (string Name, double Start, double End, int Iteration, uint Repeats)[] phases)
    {
        var trace = new Trace { Scenario = new Scenario { Provider = Provider.Cpu, DecodeTokens = 8 } };
        trace.Phases.Add(phases.Select(phase => new Phase
        {
            Name = phase.Name, StartNs = (long)(phase.Start * Second), EndNs = (long)(phase.End * Second), Iteration = phase.Iteration, Repeats = phase.Repeats,
        }));
        return trace;
    }

    private static SampledSeries Series(string metric, string source, string label, Func<double, double> value)
    {
        double[] times = [.. Enumerable.Range(0, 141).Select(i => i * 0.1)];
        return new SampledSeries(new SensorName(metric, source, label), 0.01, [.. times.Select(time => (long)Math.Round(time * Second))], [.. times.Select(value)], 0, "");
    }

    private static TelemetryRecord Record(params ImmutableArray<SampledSeries> series) => new()
    {
        Series = series, Period = Period, MedianInterval = 0.1, Interval99 = 0.1, LongestInterval = 0.1, Readings = 141, Late = 0, BusyShare = 0, Placement = "", Thinned = false,
    };
}
