using System.Text;
using EdgeFleet.Agent.Link;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Protos.V1;
using Serilog;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>Artifacts of assignments: fetched by their id, or built from the catalogue on the device.</summary>
internal sealed class FleetArtifacts
{
    private readonly string directory;
    private readonly ArtifactCache cache;
    private readonly CacheEviction eviction;
    private readonly ModelLocator locator;
    private readonly TimeProvider time;
    private readonly ILogger log;

    /// <param name="root">Directory of the cache.</param>
    /// <param name="boundBytes">Most bytes of artifacts.</param>
    /// <param name="locator">Where checkpoints are looked for.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    public FleetArtifacts(string root, long boundBytes, ModelLocator locator, TimeProvider time, ILogger log)
    {
        directory = Directory.CreateDirectory(Path.Combine(root, "artifacts")).FullName;
        cache = new ArtifactCache(root);
        eviction = new CacheEviction(directory, boundBytes);
        this.locator = locator;
        this.time = time;
        this.log = log;
    }

    /// <summary>The artifact of an assignment.</summary>
    /// <param name="assignment">What asks for it.</param>
    /// <param name="link">Connection to the collector; waited for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="CheckpointException">The model cannot be built.</exception>
    /// <exception cref="InvalidDataException">The artifact is not what its id says.</exception>
    /// <exception cref="IOException">There is no room, or the disk failed.</exception>
    public async Task<ReadyArtifact> ObtainAsync(
        Assignment assignment, Func<CancellationToken, Task<CollectorChannel>> link, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        var scenario = assignment.Run.Scenario;
        var ready = scenario.ArtifactId.Length > 0
            ? await ByIdAsync(scenario.ArtifactId, link, progress, cancellation)
            : await Task.Run(() => Build(assignment, progress, cancellation), cancellation);
        CacheEviction.Touch(ready.Artifact.Directory, time.GetUtcNow());
        foreach (var removed in eviction.MakeRoom(0).Removed) log.Information("Artifact {Artifact} was removed from the cache, which is bounded.", removed);
        return ready;
    }

    private async Task<ReadyArtifact> ByIdAsync(string id, Func<CancellationToken, Task<CollectorChannel>> link, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        if (id.Length != 64 || !id.All(char.IsAsciiHexDigitLower)) throw new InvalidDataException($"'{id}' is no artifact's id: 64 lower-case hexadecimal digits are.");
        var path = Path.Combine(directory, id);
        if (Directory.Exists(path))
        {
            try
            {
                return await Task.Run(() => Verified(path, cancellation), cancellation);
            }
            catch (InvalidDataException error)
            {
                log.Warning("A cached artifact is damaged and is fetched again: {Problem}", error.Message);
                Directory.Delete(path, recursive: true);
            }
        }

        var download = new ArtifactDownload(directory, cache.Hasher, eviction);
        void Report(long there, long total) => progress(new WorkerProgress { Phase = "download", Done = Mebibytes(there), Total = Mebibytes(total), Detail = "MiB" });
        return await Task.Run(async () => Verified(await download.FetchAsync(id, link, Report, cancellation), cancellation), cancellation);
    }

    private ReadyArtifact Verified(string path, CancellationToken cancellation)
    {
        ArtifactLease? lease = null;
        try
        {
            lease = ArtifactLease.Take(path, cancellation);
            var artifact = Artifact.Open(path);
            artifact.Verify(cache.Hasher, cancellation);
            var ready = new ReadyArtifact(artifact, ManifestPath: null, lease);
            lease = null;
            return ready;
        }
        finally
        {
            lease?.Dispose();
        }
    }

    private ReadyArtifact Build(Assignment assignment, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        var scenario = assignment.Run.Scenario;
        var location = Locate(assignment);
        var target = scenario.Provider == Provider.Cpu ? ExportTarget.Cpu : ExportTarget.Cuda;
        var precision = ExportNames.ParsePrecision(ScenarioMapping.Name(scenario.Precision));
        var building = new BuildProgress(progress);
        return cache.Obtain(location, target, precision, building, cancellation);
    }

    private ModelLocation Locate(Assignment assignment)
    {
        var scenario = assignment.Run.Scenario;
        var entry = assignment.CatalogueEntryJson.Length > 0
            ? CatalogueEntry.Parse(Encoding.UTF8.GetBytes(assignment.CatalogueEntryJson), $"the collector's catalogue entry of '{scenario.Model}'")
            : ModelCatalogue.BuiltIn.Find(scenario.Model)
                ?? throw new CheckpointException(scenario.Model, "is not in this agent's catalogue.", "Update the agent, or register the model as an artifact.");
        if (scenario.Weights != "checkpoint") return new ModelLocation.FromCatalogue(entry);
        return locator.Locate(entry.Source) is ModelLocation.Checkpoint found
            ? found
            : throw new CheckpointException(entry.Source, "has no checkpoint in this device's Hugging Face cache.", "Put it there, or register the model as an artifact.");
    }

    private static uint Mebibytes(long bytes) => (uint)((bytes + (1 << 20) - 1) >> 20);

    private sealed class BuildProgress(Action<WorkerProgress> progress) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) =>
            progress(new WorkerProgress { Phase = "build", Done = Mebibytes(value.BytesWritten), Total = Mebibytes(value.TotalBytes), Detail = "MiB" });
    }
}
