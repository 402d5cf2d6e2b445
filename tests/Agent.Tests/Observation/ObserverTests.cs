using EdgeFleet.Agent.Engine;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Observation.Validators;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Tests.Telemetry;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests.Observation;

public sealed class ObserverTests
{
    private static readonly MachineState Quiet = new(0.01, 8L << 30, 0, null, 8L << 30, 1L << 30, null);

    [Fact]
    public void Of_a_quiet_machine_nothing_is_said()
    {
        Assert.Empty(Validate(Quiet));
        Assert.Empty(Validate(Quiet with { OnBattery = false, GpuBusy = 0.05 }));
    }

    [Fact]
    public void Each_condition_has_its_code()
    {
        Assert.Equal(["other_load"], Validate(Quiet with { BusyProcessors = 0.5 }));
        Assert.Equal(["gpu_busy"], Validate(Quiet with { GpuBusy = 0.3 }));
        Assert.Equal(["on_battery"], Validate(Quiet with { OnBattery = true }));
        Assert.Equal(["little_memory"], Validate(Quiet with { NeededBytes = 9L << 30 }));
        Assert.Equal(["little_disk"], Validate(Quiet with { FreeDiskBytes = 1 << 20 }));
        Assert.Equal(["swap_in_use"], Validate(Quiet with { SwapUsedBytes = 1L << 30 }));
    }

    [Theory]
    [InlineData("Battery", null, "Discharging", true)]
    [InlineData("Battery", null, "Charging", false)]
    [InlineData("Battery", "Device", "Discharging", null)]
    [InlineData("Mains", null, "", null)]
    public void Only_the_machines_own_battery_counts(string type, string? scope, string status, bool? expected)
    {
        using var device = new SimulatedDevice("desktop");
        Directory.CreateDirectory(device.Tree.Path("/sys/class/power_supply/BAT0"));
        device.Write("/sys/class/power_supply/BAT0/type", type + "\n");
        device.Write("/sys/class/power_supply/BAT0/status", status + "\n");
        if (scope is not null) device.Write("/sys/class/power_supply/BAT0/scope", scope + "\n");
        Assert.Equal(expected, MachineState.Battery(device.Tree));
    }

    [Fact]
    public void The_busiest_gpu_counts_and_processors_do_not()
    {
        ISensor Sensor(string source, Func<double> read) => new DerivedSensor(new SensorName(Metrics.UtilizationRatio, source, "x"), 0, read);
        Assert.Null(MachineState.Gpu([Sensor("proc", () => 1)]));
        Assert.Equal(0.7, MachineState.Gpu([Sensor("proc", () => 1), Sensor("nvml", () => 0.2), Sensor("devfreq", () => 0.7)]));
        Assert.Equal(0.2, MachineState.Gpu([Sensor("nvml", () => 0.2), Sensor("nvml", () => throw new SensorException("gone"))]));
    }

    [Fact]
    public async Task A_gpu_that_becomes_idle_is_waited_for()
    {
        var looks = 0;
        var gpu = new DerivedSensor(new SensorName(Metrics.UtilizationRatio, "nvml", "gpu0"), 0, () => ++looks < 3 ? 0.9 : 0.01);
        var state = await MachineState.ReadAsync(SystemTree.Machine, [gpu], 0, TestContext.Current.CancellationToken);
        Assert.Equal((0.01, 3), (state.GpuBusy, looks));
    }

    [Fact]
    public async Task A_completed_run_gets_telemetry_energy_reference_and_findings()
    {
        using var observer = new RunObserver(Sensors(), new ObservationOptions { Period = TimeSpan.FromMilliseconds(1) });
        var result = await observer.RunAsync(Run(), 0, run => Perform(run, Outcome.Completed), TestContext.Current.CancellationToken);
        var trace = result.Trace;
        Assert.Contains(trace.Telemetry, series => series is { Metric: "power_watts", Source: "ina3221", Label: "VDD_IN" } && series.Value.All(watts => watts == 7));
        Assert.Equal(1_000_000, trace.Sampler.PeriodNs);
        Assert.Equal(ReferenceLoop.Rounds, trace.NoiseReference.BeforeNs.Count);
        Assert.Equal(ReferenceLoop.Rounds, trace.NoiseReference.AfterNs.Count);
        Assert.Contains(trace.Findings, finding => finding.Code == "too_short");
        Assert.Equal(["load", "prefill", "decode"], trace.Energy.Select(energy => energy.Phase));
        Assert.Equal(0.5 * 7, trace.Energy.Single(energy => energy.Phase == "prefill").GrossJoules, 1.0);
    }

    [Fact]
    public async Task A_neighbour_that_works_only_while_the_run_lasts_is_seen()
    {
        using var observer = new RunObserver(Sensors(), new ObservationOptions { Period = TimeSpan.Zero, Noise = false });
        System.Diagnostics.Process? neighbour = null;
        try
        {
            var trace = (await observer.RunAsync(Run(), 0, async run =>
            {
                neighbour = System.Diagnostics.Process.Start("/bin/sh", ["-c", "while :; do :; done"]);
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                var result = await Perform(run, Outcome.Completed);

                // Tests beside this one keep the processors busy, too: the run lasts until the neighbour has had its share.
                while (neighbour.TotalProcessorTime < 3 * OtherWork.Tolerated * System.Diagnostics.Stopwatch.GetElapsedTime(started))
                {
                    await Task.Delay(50, TestContext.Current.CancellationToken);
                    neighbour.Refresh();
                }

                return result;
            }, TestContext.Current.CancellationToken)).Trace;
            Assert.Contains(trace.Findings, finding => finding.Code == "other_load" && finding.Message.StartsWith("During the run", StringComparison.Ordinal));
        }
        finally
        {
            neighbour?.Kill();
            neighbour?.Dispose();
        }
    }

    [Fact]
    public async Task A_failed_run_keeps_what_the_sensors_read_and_gets_no_energy()
    {
        using var observer = new RunObserver(Sensors(), new ObservationOptions { Period = TimeSpan.FromMilliseconds(1) });
        var trace = (await observer.RunAsync(Run(), 0, run => Perform(run, Outcome.Failed), TestContext.Current.CancellationToken)).Trace;
        Assert.NotEmpty(trace.Telemetry);
        Assert.Empty(trace.Energy);
        Assert.Null(trace.NoiseReference);
    }

    [Fact]
    public async Task Without_sampling_nothing_is_read_and_the_worker_is_not_asked_for_an_energy_pass()
    {
        using var observer = new RunObserver(Sensors(), new ObservationOptions { Period = TimeSpan.Zero, Noise = false });
        var trace = (await observer.RunAsync(Run(), 0, run =>
        {
            Assert.Equal(0, run.Engine.MinEnergySpanNs);
            return Perform(run, Outcome.Completed);
        }, TestContext.Current.CancellationToken)).Trace;
        Assert.Empty(trace.Telemetry);
        Assert.All(trace.Energy, energy => Assert.Equal("the sensors were not read", energy.Unavailable));
    }

    [Fact]
    public void The_reference_loop_gives_a_time_per_round()
    {
        var rounds = ReferenceLoop.Run(2, TestContext.Current.CancellationToken);
        Assert.Equal(ReferenceLoop.Rounds, rounds.Length);
        Assert.All(rounds, round => Assert.InRange(round, 1000, long.MaxValue));
    }

    [Fact]
    public void The_energy_pass_repeats_short_work_until_it_is_long_enough_and_leaves_long_work_alone()
    {
        var decoder = new TickingDecoder(prefill: 100, step: 10);
        var timer = new IterationTimer(decoder, 1, 3, decoder.Clock);
        var phases = new EnergyPass(decoder, timer, 1000).Run(100, 20, CancellationToken.None).ToList();
        Assert.Equal([("energy_prefill", 10u, 1000L), ("energy_full", 9u, 1080L)], phases.Select(phase => (phase.Name, phase.Repeats, phase.EndNs - phase.StartNs)));
        Assert.Empty(new EnergyPass(decoder, timer, 1000).Run(2000, 3000, CancellationToken.None));
        Assert.Empty(new EnergyPass(decoder, timer, 0).Run(100, 20, CancellationToken.None));
    }

    private static string[] Validate(MachineState state)
    {
        IMachineValidator[] validators = [new OtherLoadValidator(), new GpuLoadValidator(), new BatteryValidator(), new MemoryValidator(), new DiskValidator(), new SwapValidator()];
        return [.. validators.Select(validator => validator.Check(state)).OfType<Finding>().Select(finding => finding.Code)];
    }

    private static SensorSet Sensors() => SensorSet.Probe([new Constant()]);

    private static WorkerRun Run() => new() { Scenario = new Scenario { Provider = Provider.Cpu, DecodeTokens = 8, Threads = 1 } };

    private static async Task<WorkerResult> Perform(WorkerRun run, Outcome outcome)
    {
        var trace = new Trace { Scenario = run.Scenario, End = new RunEnd { Outcome = outcome } };
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await Task.Delay(500);
        var end = System.Diagnostics.Stopwatch.GetTimestamp();
        trace.Phases.Add(new Phase { Name = "prefill", StartNs = start, EndNs = end, Iteration = 0 });
        trace.Iterations.Add(new Iteration { TtftNs = 5 });
        return new WorkerResult(trace, "");
    }

    private sealed class Constant : ISensorSource
    {
        public IReadOnlyList<ISensor> Find(ICollection<EdgeFleet.Agent.Telemetry.UnavailableSensor> missing) =>
            [new DerivedSensor(new SensorName(Metrics.PowerWatts, "ina3221", "VDD_IN"), 0.01, () => 7)];

        public void Dispose()
        {
        }
    }

    private sealed class TickingDecoder(long prefill, long step) : IDecoderUnderTest
    {
        private readonly long[] ids = [1];

        public TickingClock Clock { get; } = new();

        public void Prepare(CancellationToken cancellation)
        {
        }

        public ReadOnlySpan<long> Prefill(CancellationToken cancellation)
        {
            Clock.Now += prefill;
            return ids;
        }

        public ReadOnlySpan<long> Step()
        {
            Clock.Now += step;
            return ids;
        }
    }

    private sealed class TickingClock : TimeProvider
    {
        public long Now { get; set; } = 77;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;
    }
}
