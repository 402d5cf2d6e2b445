using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Delivery;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Probes;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Measurement;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Serilog;
using ScenarioMapping = EdgeFleet.Collector.Sweeps.ScenarioMapping;

namespace EdgeFleet.Agent.Assignments;

/// <summary>Performs an assignment: artifact, machine limits, worker. Whatever happens, there is a trace.</summary>
internal sealed class RunPerformer(FleetArtifacts artifacts, MachineProbes probes, CollectorLink link, WorkerLaunch launch, RunObserver observer, string deviceId, TimeProvider time, ILogger log)
{
    private static readonly WarmupPolicy DefaultWarmup = new();
    private static readonly IterationPolicy DefaultIterations = new();

    /// <summary>Performs a run.</summary>
    /// <returns>Its trace, ended.</returns>
    public async Task<Trace> PerformAsync(OpenRun open)
    {
        var assignment = open.Assignment;
        var run = assignment.Run;
        log.Information("Run {RunId} attempt {Attempt}: {Model} {Precision} {Provider} context {Context}.", run.RunId, run.Attempt, run.Scenario.Model,
            ScenarioMapping.Name(run.Scenario.Precision), ScenarioMapping.Name(run.Scenario.Provider), run.Scenario.ContextTokens);
        var progress = new ProgressReports(run, link, time);
        Trace trace;
        try
        {
            using var artifact = await artifacts.ObtainAsync(assignment, link.UpAsync, progress.Report, open.Ended);
            trace = await WorkAsync(open, artifact, progress);
        }
        catch (OperationCanceledException) when (open.Ended.IsCancellationRequested)
        {
            trace = RunTraces.Ended(assignment, Why(open));
        }
        catch (Exception error) when (error is CheckpointException or InvalidDataException or IOException or UnauthorizedAccessException or RpcException)
        {
            trace = RunTraces.Ended(assignment, Outcome.Failed, error is InvalidDataException ? RunReasons.ArtifactInvalid : RunReasons.ArtifactUnavailable, error.Message);
        }
#pragma warning disable CA1031 // Whatever went wrong ends this run with a reason; the agent goes on.
        catch (Exception error)
#pragma warning restore CA1031
        {
            log.Error(error, "Run {RunId} met an error that the agent did not expect.", run.RunId);
            trace = RunTraces.Ended(assignment, Outcome.Failed, RunReasons.InternalError, $"{error.GetType().Name}: {error.Message}");
        }

        log.Information("Run {RunId} ended: {Outcome} {Reason}", run.RunId, trace.End.Outcome, trace.End.Reason);
        return trace;
    }

    private async Task<Trace> WorkAsync(OpenRun open, ReadyArtifact artifact, ProgressReports progress)
    {
        var assignment = open.Assignment;
        var scenario = assignment.Run.Scenario;
        var pack = probes.Pack(scenario) ?? throw new InvalidDataException($"Runtime pack '{scenario.RuntimePackId}' is not on this device any more.");
        progress.Report(new WorkerProgress { Phase = "limits" });
        var limits = scenario.Provider == Provider.Cpu ? await probes.LimitsAsync(pack, (int)scenario.Threads, open.Ended) : null;
        var run = assignment.Run.Clone();
        run.ArtifactDirectory = artifact.Artifact.Directory;
        run.ManifestPath = artifact.ManifestPath ?? "";
        run.RuntimePackDirectory = pack.Directory;
        run.MemoryBytesPerSecond = limits?.MemoryBytesPerSecond ?? 0;
        run.MatrixFlopPerSecond = limits?.MatrixFlopPerSecond ?? 0;
        run.Engine = Complete(run.Engine);

        using var limit = new CancellationTokenSource(Timeout(assignment), time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(open.Ended, limit.Token);
        var worker = new WorkerProcess(launch);
        var needed = artifact.Artifact.Manifest.NeededBytes(scenario.Batch, scenario.ToMeasured().TotalTokens);
        var rule = new Invalidation(run.Engine);
        WorkerResult result;
        Trace trace;
        do
        {
            result = await observer.RunAsync(run, needed, observed => worker.RunAsync(observed, progress.Report, ended.Token), ended.Token);
            trace = Finish(result.Trace, assignment, artifact, scenario.Provider == Provider.Cpu && limits is null ? RunFindings.NoProbes : null);
        }
        while (rule.Again(trace));

        if (trace.End.Outcome == Outcome.Cancelled)
        {
            // The worker knows only that it was told to stop.
            var why = open.Ended.IsCancellationRequested
                ? Why(open)
                : new RunStop(Outcome.Failed, RunReasons.Timeout, $"The worker ran longer than {Timeout(assignment).TotalSeconds:0.#} s and was ended; raise the sweep's timeout if that is too short.");
            (trace.End.Outcome, trace.End.Reason, trace.End.Message) = (why.Outcome, why.Reason, why.Message);
        }

        if (trace.End.Outcome == Outcome.Failed && result.Output.Length > 0) log.Warning("The worker of run {RunId} said last: {Output}", run.RunId, result.Output[^Math.Min(result.Output.Length, 2000)..]);
        return trace;
    }

    /// <summary>Adds what the worker cannot know.</summary>
    private Trace Finish(Trace trace, Assignment assignment, ReadyArtifact artifact, string? withoutLimits)
    {
        if (trace.DefinitionsVersion == 0) trace.DefinitionsVersion = MeasurementDefinitions.Version;
        if (trace.Environment is { } environment) environment.DeviceId = deviceId;
        if (trace.Clock is { } clock && link.Offset is { } offset) (clock.WallOffsetNs, clock.WallErrorNs) = (offset.OffsetNs, offset.ErrorNs);
        var scenario = assignment.Run.Scenario;
        RunFindings.Add(trace, artifact.Artifact.Manifest, scenario.ToMeasured().TotalTokens, withoutLimits, System.Environment.ProcessorCount);
        return trace;
    }

    /// <summary>The bounds of the measuring engine, with the defaults of the local bench where the sweep gives none.</summary>
    private static EngineOptions Complete(EngineOptions? asked)
    {
        var options = asked?.Clone() ?? new EngineOptions { MemoryPass = true };
        if (options.MinWarmupIterations == 0) options.MinWarmupIterations = (uint)DefaultWarmup.MinimumIterations;
        if (options.MaxWarmupIterations == 0) options.MaxWarmupIterations = Math.Max(options.MinWarmupIterations, (uint)DefaultWarmup.MaximumIterations);
        if (options.MaxWarmupNs == 0) options.MaxWarmupNs = DefaultWarmup.MaximumTime.Nanoseconds();
        if (options.MinIterations == 0) options.MinIterations = (uint)DefaultIterations.MinimumIterations;
        if (options.MaxIterations == 0) options.MaxIterations = Math.Max(options.MinIterations, (uint)DefaultIterations.MaximumIterations);
        if (options.MaxMeasureNs == 0) options.MaxMeasureNs = DefaultIterations.MaximumTime.Nanoseconds();
        return options;
    }

    private TimeSpan Timeout(Assignment assignment)
    {
        var longest = TimeSpan.FromDays(7);
        if (assignment.TimeoutNs > 0) return TimeSpan.FromTicks(Math.Min(assignment.TimeoutNs / 100, longest.Ticks));
        if (assignment.DeadlineUnixNs == 0) return longest;

        // The deadline is by the collector's clock.
        var left = assignment.DeadlineUnixNs - (time.UnixNanoseconds() - (link.Offset?.OffsetNs ?? 0));
        return TimeSpan.FromTicks(Math.Clamp(left / 100, TimeSpan.TicksPerSecond, longest.Ticks));
    }

    private static RunStop Why(OpenRun open) => open.Why ?? new RunStop(Outcome.Failed, RunReasons.AgentRestarted, "The agent was stopped while it performed the run.");
}
