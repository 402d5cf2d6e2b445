using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Output;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Frontier;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Protos.V1;
using Scenario = EdgeFleet.Measurement.Scenarios.Scenario;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Agent.Bench;

/// <summary>Measures the scenarios of a request on this machine, each repeat in a worker of its own; a scenario that fails does not end the rest.</summary>
internal sealed class BenchRunner(BenchRequest request, WorkerLaunch launch, ProgressLine progress, TimeProvider time)
{
    private readonly Dictionary<int, MachineLimits> limits = [];
    private readonly string deviceId = DeviceIdentity.Local();
    private readonly DateTimeOffset fireTime = time.GetUtcNow();
    private long total;
    private long done;

    private string NoLimits => request.Roofline ? RunFindings.NoProbes : "The machine's limits were not probed (--no-roofline): no MBU, no MFU.";

    /// <summary>Runs. However it ends, what was measured until then is written.</summary>
    /// <returns>Whether every scenario completed or was skipped for a stated limit of its model.</returns>
    public async Task<bool> RunAsync(IRowWriter writer, CancellationToken cancellation)
    {
        try
        {
            return await MeasureAllAsync(writer, cancellation);
        }
        finally
        {
            progress.Clear();
            writer.Complete();
        }
    }

    private async Task<bool> MeasureAllAsync(IRowWriter writer, CancellationToken cancellation)
    {
        var cache = new ArtifactCache(request.Cache);
        var pack = request.RuntimePack is null ? RuntimePack.Bundled() : RuntimePack.Open(request.RuntimePack, cache.Hashes, cancellation);
        var packId = PackId(pack);

        total = SweepExpansion.Count((long)request.Models.Length * request.Precisions.Length * request.Providers.Length, request.Axes);
        using var observer = RunObserver.OfMachine(request.Observation);
        var succeeded = true;
        foreach (var provider in request.Providers)
        {
            foreach (var location in request.Models)
            {
                foreach (var precision in request.Precisions)
                {
                    var template = Template(location, provider, precision, packId);
#pragma warning disable CA2000 // It is disposed of at the end of each turn, which the analyser does not see in a loop that waits.
                    using var artifact = Obtain(cache, location, provider, precision, out var reason, out var failure, cancellation);
#pragma warning restore CA2000
                    if (artifact is null) WriteFailed(template, reason, failure, writer);
                    succeeded &= artifact is not null && await MeasureAllAsync(Complete(template, artifact.Artifact), artifact, pack, observer, writer, cancellation);
                }
            }
        }

        return succeeded;
    }

    /// <summary>Measures the scenarios of an artifact.</summary>
    private async Task<bool> MeasureAllAsync(Scenario template, ReadyArtifact artifact, RuntimePack pack, RunObserver observer, IRowWriter writer, CancellationToken cancellation)
    {
        var succeeded = true;
        foreach (var scenario in SweepExpansion.Expand([template], request.Axes))
        {
            cancellation.ThrowIfCancellationRequested();
            var label = $"[{++done}/{total}] {scenario.Model} {scenario.Precision} {scenario.Provider} context {scenario.ContextTokens}"
                + (scenario.DepthTokens > 0 ? $" depth {scenario.DepthTokens}" : "") + (scenario.Batch > 1 ? $" batch {scenario.Batch}" : "");
            if (request.FrontierMaximum is { } maximum)
            {
                succeeded &= await SearchAsync(WithThreads(scenario), maximum, writer, context => MeasureAsync(context, artifact, pack, observer, label, cancellation), cancellation);
            }
            else
            {
                var row = await MeasureAsync(WithThreads(scenario), artifact, pack, observer, label, cancellation);
                writer.Write(row);
                succeeded &= row.Outcome is "completed" or "skipped";
            }

            // The scenario that was interrupted is written with the repeats that it had completed.
            cancellation.ThrowIfCancellationRequested();
        }

        return succeeded;
    }

    private void WriteFailed(Scenario template, string reason, string failure, IRowWriter writer)
    {
        foreach (var scenario in SweepExpansion.Expand([template], request.Axes))
        {
            done++;
            writer.Write(BenchRowBuilder.Failed(WithThreads(scenario), reason, failure));
        }
    }

    /// <summary>Searches the longest context that completes from the scenario's on; each that is tried is a row.</summary>
    /// <returns>Whether one completed and none ended but for memory, time or the model's own limit.</returns>
    private async Task<bool> SearchAsync(Scenario scenario, int maximum, IRowWriter writer, Func<Scenario, Task<BenchRow>> measure, CancellationToken cancellation)
    {
        var search = new FrontierSearch(scenario.ContextTokens, Math.Max(scenario.ContextTokens, maximum), request.FrontierStep);
        var fair = true;
        while (search.Next() is { } context)
        {
            var row = await measure(scenario with { ContextTokens = context });
            search.Report(context, row.Outcome == "completed");
            if (!search.IsMonotone) row = row with { Findings = [.. row.Findings, FindingCodes.NonMonotoneFrontier] };
            writer.Write(row);
            cancellation.ThrowIfCancellationRequested();
            fair &= row.Outcome is "completed" or "skipped" or "out_of_memory" || row.Reason == RunReasons.PhaseDeadline;
        }

        return fair && search.Longest is not null;
    }

    private async Task<BenchRow> MeasureAsync(
        Scenario scenario, ReadyArtifact artifact, RuntimePack pack, RunObserver observer, string label, CancellationToken cancellation)
    {
        if (request.FrontierMaximum is not null) label += $", trying {scenario.ContextTokens}";
        var limit = Limits(scenario, pack, label);
        var hash = ScenarioHash.Of(scenario);
        var traces = new List<Trace>();
        var rule = new Invalidation(request.Engine);
        var needed = artifact.Artifact.Manifest.NeededBytes((uint)scenario.Batch, scenario.TotalTokens);
        for (var repeat = 0; repeat < request.Repeats; repeat++)
        {
            var run = new WorkerRun
            {
                RunId = RunId.Compute("local", fireTime, deviceId, hash, repeat).ToString(),
                Repeat = (uint)repeat,
                Attempt = rule.Repeats,
                Scenario = scenario.ToMessage(),
                ArtifactDirectory = artifact.Artifact.Directory,
                ManifestPath = artifact.ManifestPath ?? "",
                RuntimePackDirectory = request.RuntimePack is null ? "" : pack.Directory,
                MemoryBytesPerSecond = limit?.MemoryBytesPerSecond ?? 0,
                MatrixFlopPerSecond = limit?.MatrixFlopPerSecond ?? 0,
                Engine = request.Engine,
                PromptSeed = request.Seed,
            };
            var of = request.Repeats > 1 ? $" repeat {repeat + 1}/{request.Repeats}" : "";
            void Show(WorkerProgress sign) => progress.Show(label + of, $"{sign.Phase} {sign.Done}/{sign.Total}");
            WorkerResult result;
            try
            {
                result = await observer.RunAsync(run, needed, observed => new WorkerProcess(launch).RunAsync(observed, Show, cancellation), cancellation);
            }
            catch (OperationCanceledException) when (traces.Count > 0)
            {
                break;
            }

            RunFindings.Add(result.Trace, artifact.Artifact.Manifest, scenario.TotalTokens, scenario.Provider == "cpu" && limit is null ? NoLimits : null, System.Environment.ProcessorCount);
            traces.Add(result.Trace);
            if (rule.Again(result.Trace)) repeat--;
            else rule = new Invalidation(request.Engine);

            // A limit of the model or of the machine will be the same the next time.
            if (result.Trace.End.Outcome is Outcome.Skipped or Outcome.OutOfMemory || cancellation.IsCancellationRequested) break;
        }

        RunFindings.AddOfRepeats(traces);
        var row = BenchRowBuilder.Of(scenario, artifact.Artifact.Manifest.Cost(), traces) with { FmaFlopPerSecond = limit?.FmaFlopPerSecond };
        return row.Outcome == "completed" && cancellation.IsCancellationRequested && traces.Count < request.Repeats
            ? row with { Outcome = "cancelled", Reason = RunReasons.Cancelled, Message = $"{traces.Count} of {request.Repeats} repeats had completed." }
            : row;
    }

    private MachineLimits? Limits(Scenario scenario, RuntimePack pack, string label)
    {
        if (scenario.Provider != "cpu" || !request.Roofline) return null;

        // What other work takes away lowers a probe, nothing raises it: the best of all probes is nearest to what the machine can do.
        progress.Show($"{label}: probing memory bandwidth and matrix throughput with {scenario.Threads} threads");
        var probed = MachineLimits.Probe(pack.OperatorLibrary(ExecutionProvider.Cpu), scenario.Threads);
        if (probed is null) return null;
        return limits[scenario.Threads] = limits.TryGetValue(scenario.Threads, out var known) ? probed.AtLeast(known) : probed;
    }

    private ReadyArtifact? Obtain(
        ArtifactCache cache, ModelLocation location, string provider, ExportPrecision precision, out string reason, out string failure, CancellationToken cancellation)
    {
        (reason, failure) = ("", "");
        try
        {
            var target = provider == "cpu" ? ExportTarget.Cpu : ExportTarget.Cuda;
            progress.Show($"{location.Name} {precision.Name()}: looking for the artifact");
            return cache.Obtain(location, target, precision, progress.ForExport($"{location.Name} {precision.Name()}"), cancellation);
        }
        catch (Exception exception) when (exception is CheckpointException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // What the model is, or what the disk allows.
            reason = exception is IOException or UnauthorizedAccessException ? RunReasons.ArtifactUnavailable : RunReasons.ArtifactInvalid;
            failure = exception.Message;
            return null;
        }
    }

    private Scenario Template(ModelLocation location, string provider, ExportPrecision precision, string packId) => new()
    {
        Model = location.Name,
        Family = location is ModelLocation.FromCatalogue(var entry) ? FamilyName(entry.Family) : "",
        ArtifactId = "",
        RuntimePackId = packId,
        Provider = provider,
        Precision = precision.Name(),
        ContextTokens = 0,
        DecodeTokens = 0,
        Batch = 0,
        DepthTokens = 0,
        PrefillChunkTokens = 0,
        Threads = 0,
        Logits = request.Logits,
        PowerMode = "",
        Weights = "",
        AllowProviderFallback = request.AllowProviderFallback,
        DeviceMemoryLimitBytes = provider == "cpu" ? 0 : request.DeviceMemoryLimitBytes,
    };

    private static Scenario Complete(Scenario template, Artifact artifact) => template with
    {
        Family = FamilyName(artifact.Manifest.Family),
        ArtifactId = artifact.Id,
        Precision = artifact.Manifest.Precision.Name,
        Weights = artifact.Manifest.Weights.Source,
    };

    /// <summary>Results name the threads that ran, not "the device's choice".</summary>
    private static Scenario WithThreads(Scenario scenario) =>
        scenario.Threads > 0 ? scenario : scenario with { Threads = ProcessorInformation.Read().PhysicalCores };

    private static string FamilyName(ModelFamily family) => family switch
    {
        ModelFamily.Transformer => "transformer",
        ModelFamily.Ssm => "ssm",
        _ => "hybrid",
    };

    private static string PackId(RuntimePack pack)
    {
        var manifest = Path.Combine(pack.Directory, RuntimePack.ManifestName);
        return pack.Manifest is null
            ? "bundled-" + pack.Load().Version
            : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(manifest)));
    }
}
