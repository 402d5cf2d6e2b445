using System.Diagnostics;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Engine;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Roofline;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Protos.V1;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Agent.Worker;

/// <summary>Performs a run on ONNX Runtime: load, memory pass, warm-up, timed iterations, profiling pass.</summary>
internal sealed class ScenarioRunner : IScenarioRunner
{
    public RunEnd Execute(WorkerRun run, ITraceSink sink, CancellationToken cancellation)
    {
        var scenario = run.Scenario;
        sink.Progress("load", 0, 1);
        var pack = run.RuntimePackDirectory.Length > 0
            ? RuntimePack.Open(run.RuntimePackDirectory, new SessionHashMemory(), cancellation)
            : RuntimePack.Bundled();
        var artifact = run.ManifestPath.Length == 0
            ? Artifact.Open(run.ArtifactDirectory)
            : new Artifact(run.ArtifactDirectory, ArtifactJson.Parse(File.ReadAllBytes(run.ManifestPath), run.ManifestPath));
        pack.Load();
        var bare = ResidentMemory.Read();
        var available = MemoryInformation.Read().AvailableBytes;
        IReadOnlyList<TokenTimes> timed;
        var opening = new SessionOpening(pack, artifact, scenario);
        using (var session = opening.Open(cancellation))
        {
            if (opening.Finding is { } finding)
            {
                var replaced = new Trace();
                replaced.Findings.Add(finding);
                sink.Part(replaced);
            }

            if (Measure(session, run, bare, available, sink, out timed, cancellation) is { } end) return end;
        }

        if (run.Engine.WarmLoad)
        {
            sink.Progress("load", 1, 2);
            sink.Part(WarmLoad(opening));
        }

        if (run.Engine.ProfilePass)
        {
            sink.Progress("profile", 0, 1);
            sink.Part(Profile(opening, run, timed, cancellation));
        }

        return new RunEnd { Outcome = Outcome.Completed };
    }

    /// <summary>All but the profiling pass.</summary>
    /// <returns>How the run ended, or null if it goes on.</returns>
    private static RunEnd? Measure(DecoderSession session, WorkerRun run, ResidentMemory bare, long availableBefore, ITraceSink sink, out IReadOnlyList<TokenTimes> timed, CancellationToken cancellation)
    {
        timed = [];
        var scenario = run.Scenario;
        var ready = ResidentMemory.Read();
        sink.Part(Loaded(session, run));
        if (session.Manifest.PositionLimit is { } limit && TotalTokens(scenario) > limit)
        {
            return new RunEnd
            {
                Outcome = Outcome.Skipped,
                Reason = RunReasons.ContextExceedsPositions,
                Message = $"{scenario.Model} has learned positions for {limit} tokens; {TotalTokens(scenario)} were asked for. Shorten --context, --depth or --decode.",
            };
        }

        if (scenario.Batch * Math.Max(Math.Max((long)scenario.DepthTokens, scenario.ContextTokens), scenario.DecodeTokens) > Array.MaxLength)
        {
            return new RunEnd
            {
                Outcome = Outcome.Failed,
                Reason = RunReasons.RuntimeError,
                Message = $"{scenario.Batch} sequences of this length are more than {Array.MaxLength} tokens, the most that a run holds. Lower --batch, --context, --depth or --decode.",
            };
        }

        SessionDecoder? decoder = null;
        try
        {
            SessionDecoder Make() => decoder = new SessionDecoder(session, scenario, run.PromptSeed, cancellation);
            IterationTimer Timer(SessionDecoder of) => new(of, (int)scenario.Batch, (int)scenario.DecodeTokens, TimeProvider.System);
            if (run.Engine.MemoryPass)
            {
                sink.Progress("memory", 0, 1);
                var memory = session.Cuda is null
                    ? new MemoryPass(session, scenario, run.PromptSeed).Run(Make, Timer, bare, ready, cancellation)
                    : JetsonModule.Read(SystemTree.Machine) is not null
                    ? new SystemMemoryPass(session, scenario, run.PromptSeed, availableBefore).Run(Make, Timer, cancellation)
                    : new DeviceMemoryPass(session, scenario, run.PromptSeed).Run(Make, Timer, cancellation);
                sink.Part(new Trace { Memory = memory });
            }

            var engine = new MeasuringEngine(Warmup(run.Engine), Iterations(run.Engine), sink);
            var subject = decoder ?? Make();
            if (scenario.DecodeTokens > 1 && subject.PlainStepsReason is { } reason)
            {
                var findings = new Trace();
                findings.Findings.Add(new Finding
                {
                    Code = FindingCodes.DecodeNotCaptured,
                    Message = $"Decode steps ran without a CUDA graph, each kernel launched on its own: {reason}.",
                });
                sink.Part(findings);
            }

            var measured = timed = engine.Measure(Timer(subject), cancellation);
            sink.Part(new Trace { Roofline = Roofline(session, run, measured) });
            if (run.Engine.MinEnergySpanNs > 0)
            {
                sink.Progress("energy", 0, 1);
                var energy = new Trace();
                energy.Phases.Add(new EnergyPass(decoder!, Timer(decoder!), run.Engine.MinEnergySpanNs).Run(
                    measured.Min(times => times.TimeToFirstTokenNs), measured.Min(times => times.InterTokenNs.Sum()), cancellation));
                sink.Part(energy);
            }
        }
        finally
        {
            decoder?.Dispose();
        }

        return null;
    }

    /// <summary>The profiling pass: of a GPU its own records, since ONNX Runtime's profile has only the times of launches there.</summary>
    private static Trace Profile(SessionOpening opening, WorkerRun run, IReadOnlyList<TokenTimes> timed, CancellationToken cancellation)
    {
        var (pack, artifact, options) = (opening.Pack, opening.Artifact, opening.Options);
        return options.Provider == ExecutionProvider.Cpu
            ? new ProfilePass(pack, artifact, options).Run(run.Scenario, run.PromptSeed, timed, cancellation)
            : new DeviceProfilePass(pack, artifact, options).Run(run.Scenario, run.PromptSeed, cancellation);
    }

    /// <summary>Loads the model a second time, from a warm page cache and in a process that has loaded its libraries.</summary>
    private static Trace WarmLoad(SessionOpening opening)
    {
        var start = Stopwatch.GetTimestamp();
        using var session = DecoderSession.Open(opening.Pack, opening.Artifact, opening.Options);
        var end = Stopwatch.GetTimestamp();
        var trace = new Trace();
        trace.Phases.Add(new Phase { Name = "load_warm", StartNs = start, EndNs = end, Iteration = -1 });
        return trace;
    }

    private static Trace Loaded(DecoderSession session, WorkerRun run)
    {
        var now = (long)((Int128)Stopwatch.GetTimestamp() * 1_000_000_000 / Stopwatch.Frequency);
        var manifest = session.Manifest;
        var system = OperatingSystemInformation.Read();
        var trace = new Trace
        {
            DefinitionsVersion = MeasurementDefinitions.Version,
            Clock = new ClockAnchor
            {
                BootId = system.BootId,
                MonotonicNs = now,
                WallUnixNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
            },
            Environment = MachineEnvironment.Describe(session, system),
            Precision = new PrecisionTriple
            {
                Weights = manifest.Precision.Weights,
                Activations = manifest.Precision.Activations,
                State = manifest.Precision.State,
            },
        };
        trace.Phases.Add(new Phase { Name = "load_cold", StartNs = run.LaunchedNs, EndNs = now, Iteration = -1 });
        foreach (var route in manifest.Routes) trace.OperatorRoutes[route.Route] = trace.OperatorRoutes.GetValueOrDefault(route.Route) + 1;
        return trace;
    }

    private static Roofline Roofline(DecoderSession session, WorkerRun run, IReadOnlyList<TokenTimes> measured)
    {
        var scenario = run.Scenario;
        var cost = session.Manifest.Cost();
        var flop = RooflineModel.PrefillFlop(
            cost, (int)scenario.Batch, scenario.DepthTokens, scenario.ContextTokens, scenario.Logits == LogitsMode.All || !session.SelectsLogits);
        var bytes = RooflineModel.DecodeBytesPerStep(
            cost, (int)scenario.Batch, scenario.DepthTokens, scenario.ContextTokens, (int)scenario.DecodeTokens);
        var roofline = new Roofline
        {
            MemoryBytesPerSecond = run.MemoryBytesPerSecond,
            MatrixFlopPerSecond = run.MatrixFlopPerSecond,
            PrefillFlop = (ulong)flop,
            DecodeBytesPerToken = (ulong)(bytes ?? 0),
        };
        if (run.MatrixFlopPerSecond > 0)
        {
            roofline.Mfu = RooflineModel.Mfu(flop, Quantile.Median([.. measured.Select(times => (double)times.TimeToFirstTokenNs)]), run.MatrixFlopPerSecond);
        }

        if (run.MemoryBytesPerSecond > 0 && bytes is { } step)
        {
            roofline.Mbu = RooflineModel.Mbu(step, Quantile.Median([.. measured.Select(times => times.TimePerOutputTokenNs!.Value)]), run.MemoryBytesPerSecond);
        }

        return roofline;
    }

    private static long TotalTokens(Scenario scenario) => scenario.DepthTokens + scenario.ContextTokens + Math.Max(1L, scenario.DecodeTokens) - 1;

    private static WarmupPolicy Warmup(EngineOptions options) => new()
    {
        MinimumIterations = (int)options.MinWarmupIterations,
        MaximumIterations = (int)options.MaxWarmupIterations,
        MaximumTime = TimeSpan.FromMicroseconds(options.MaxWarmupNs / 1000.0),
    };

    private static IterationPolicy Iterations(EngineOptions options) => new()
    {
        MinimumIterations = Math.Max(1, (int)options.MinIterations),
        MaximumIterations = Math.Max(1, (int)options.MaxIterations),
        MaximumTime = TimeSpan.FromMicroseconds(options.MaxMeasureNs / 1000.0),
    };
}
