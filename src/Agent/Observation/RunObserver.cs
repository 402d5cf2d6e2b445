using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Observation.Validators;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>
/// Watches the machine around a worker's run and adds what it sees to the trace: conditions before, sensors during, energy, and what the times themselves show. It
/// lives in the agent's process, so that nothing of it is in the worker that is timed.
/// </summary>
internal sealed class RunObserver(SensorSet sensors, ObservationOptions options) : IDisposable
{
    private static readonly ImmutableArray<IMachineValidator> Validators =
        [new OtherLoadValidator(), new GpuLoadValidator(), new BatteryValidator(), new MemoryValidator(), new DiskValidator(), new SwapValidator()];

    /// <summary>An observer of this machine.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The observer owns its sensors.")]
    public static RunObserver OfMachine(ObservationOptions options) => new(SensorSet.OfMachine(SystemTree.Machine), options);

    /// <summary>Performs a run under observation.</summary>
    /// <param name="run">What to do; the span that the sensors need is added.</param>
    /// <param name="neededBytes">What weights and state need at least.</param>
    /// <param name="perform">Performs it.</param>
    /// <param name="cancellation">Ends waiting before the run.</param>
    public async Task<WorkerResult> RunAsync(WorkerRun run, long neededBytes, Func<WorkerRun, Task<WorkerResult>> perform, CancellationToken cancellation)
    {
        var state = await MachineState.ReadAsync(SystemTree.Machine, sensors.Sensors, neededBytes, cancellation);
        var threads = (int)run.Scenario.Threads;
        long[] before = options.Noise ? ReferenceLoop.Run(threads, cancellation) : [];
        var sampling = options.Period > TimeSpan.Zero;
        var energy = sampling && EnergyReport.HasSource(sensors.Sensors);
        var observed = run.Clone();
        observed.Engine ??= new EngineOptions();
        observed.Engine.MinEnergySpanNs = energy ? (long)(EnergyReport.LeastPeriods * options.Period.TotalNanoseconds) : 0;

        async Task<(WorkerResult Result, Finding? OtherWork)> PerformAsync()
        {
            var others = OtherWork.Begin(SystemTree.Machine);
            var performed = await perform(observed);
            return (performed, others.End(SystemTree.Machine));
        }

        WorkerResult result;
        Finding? otherWork;
        TelemetryRecord? record = null;
        var idle = (StartNs: 0L, EndNs: 0L);
        if (sampling)
        {
            using var sampler = new TelemetrySampler(sensors.Sensors, options.Period, threads);
            if (energy)
            {
                // One period before and after, so that the idle span lies between samples.
                await Task.Delay(options.Period, cancellation);
                idle.StartNs = Now();
                await Task.Delay(options.Period * EnergyReport.LeastPeriods, cancellation);
                idle.EndNs = Now();
                await Task.Delay(options.Period, cancellation);
            }

            (result, otherWork) = await PerformAsync();
            if (energy) await Task.Delay(options.Period, CancellationToken.None);
            record = sampler.Finish();
        }
        else
        {
            (result, otherWork) = await PerformAsync();
        }

        var trace = result.Trace;
        if (record is not null) trace.Add(record, sensors.Unavailable);
        if (trace.End.Outcome != Outcome.Completed) return result;

        trace.Energy.Add(EnergyReport.Of(trace, record, idle));
        if (options.Noise)
        {
            trace.NoiseReference = new NoiseReference { RoundBytes = ReferenceLoop.RoundBytes, Threads = run.Scenario.Threads };
            trace.NoiseReference.BeforeNs.Add(before);
            trace.NoiseReference.AfterNs.Add(ReferenceLoop.Run(threads, CancellationToken.None));
        }

        trace.Findings.Add(Validators.Select(validator => validator.Check(state)).Append(otherWork).OfType<Finding>());
        if (record is not null && ThrottleCheck.Of(trace, record) is { } throttled) trace.Findings.Add(throttled);
        trace.Findings.Add(RunAnalysis.Of(trace.Samples(), trace.Noise()).Select(seen => new Finding { Code = seen.Code, Message = seen.Message }));
        return result;
    }

    public void Dispose() => sensors.Dispose();

    private static long Now() => (long)((Int128)Stopwatch.GetTimestamp() * 1_000_000_000 / Stopwatch.Frequency);
}
