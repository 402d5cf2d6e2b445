using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Import;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>
/// Turns a model's location into an artifact that is ready to run. Exports are kept by content: configuration, weights' hashes, target, precision
/// and exporter; an export by another exporter of the same content is replaced.
/// </summary>
internal sealed class ArtifactCache
{
    private const int KeyDigits = 12;
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(30);
    private readonly string artifacts;
    private readonly HashFile memory;

    public ArtifactCache(string directory)
    {
        artifacts = Path.Combine(directory, "artifacts");
        memory = new HashFile(Path.Combine(directory, "hashes"));
        Hasher = new FileHasher(memory);
    }

    /// <summary>Hashes files, remembering them in the cache.</summary>
    public FileHasher Hasher { get; }

    /// <summary>Digests that the cache remembers.</summary>
    public IHashMemory Hashes => memory;

    /// <summary>The artifact of a location: as it is, or exported if it is not yet.</summary>
    /// <exception cref="CheckpointException">The model cannot be exported.</exception>
    /// <exception cref="InvalidDataException">The artifact is damaged.</exception>
    public ReadyArtifact Obtain(
        ModelLocation location, ExportTarget target, ExportPrecision precision, IProgress<ExportProgress> progress, CancellationToken cancellation)
    {
        switch (location)
        {
            case ModelLocation.Artifact(var directory):
                return new ReadyArtifact(Check(Artifact.Open(directory), target, precision, cancellation), ManifestPath: null, Lease: null);
            case ModelLocation.Foreign(var directory):
                return Import(directory, target, cancellation);
            default:
                using (var export = ModelExport.Open(location))
                {
                    return Obtain(export, target, precision, progress, cancellation);
                }
        }
    }

    private ReadyArtifact Obtain(
        ModelExport export, ExportTarget target, ExportPrecision precision, IProgress<ExportProgress> progress, CancellationToken cancellation)
    {
        var content = Digest(export.Config.ToString(), string.Join('\n', export.Provenance(Hasher, cancellation).Hashes.Select(pair => pair.Key + '=' + pair.Value)));
        var prefix = $"{FileName(export.Name)}-{precision.Name()}-{target.Name()}-{content}-";
        var directory = Path.Combine(artifacts, prefix + Digest(BuildInformation.Read().Version, BuildInformation.Read().Commit));

        // An artifact that is whole is never changed, so that it needs no lock, and the cache may be read-only.
        ArtifactLease? lease = null;
        try
        {
            if (Directory.Exists(artifacts)) lease = ArtifactLease.Take(directory, cancellation);
            var artifact = TryKept(directory, out _, cancellation);
            if (artifact is null)
            {
                using var exclusive = Lock(prefix, cancellation);
                lease ??= ArtifactLease.Take(directory, cancellation);
                artifact = Export(export, target, precision, prefix, directory, progress, cancellation);
            }

            var ready = new ReadyArtifact(artifact, ManifestPath: null, lease);
            lease = null;
            return ready;
        }
        finally
        {
            lease?.Dispose();
        }
    }

    /// <summary>Makes an artifact, if nobody has made it while its lock was waited for.</summary>
    private Artifact Export(
        ModelExport export, ExportTarget target, ExportPrecision precision, string prefix, string directory, IProgress<ExportProgress> progress, CancellationToken cancellation)
    {
        if (TryKept(directory, out var damage, cancellation) is { } kept) return kept;
        if (damage is not null)
        {
            // It is a copy of what can be made again: making it again is the remedy that the message would name.
            Console.Error.WriteLine($"{damage} Exporting it again.");
            Directory.Delete(directory, recursive: true);
        }

        // Left by an export that was killed: those of this model are made under this lock alone.
        foreach (var partial in Directory.EnumerateDirectories(artifacts, "." + prefix + "*.tmp")) Directory.Delete(partial, recursive: true);

        // Another build's, which may run just now: what is in use is left to the next export.
        foreach (var superseded in Directory.EnumerateDirectories(artifacts, prefix + "*")) ArtifactLease.TryRemove(superseded);
        var artifact = export.Export(target, precision, directory, Hasher, progress, cancellation);

        // The digests were computed while the files were written.
        foreach (var file in artifact.Manifest.Files)
        {
            var path = Path.Combine(artifact.Directory, file.Path);
            memory.Remember(path, FileStamp.Of(path), file.Sha256);
        }

        return artifact;
    }

    /// <summary>The artifact in a directory; null where there is none, or none that is whole.</summary>
    private Artifact? TryKept(string directory, out string? damage, CancellationToken cancellation)
    {
        damage = null;
        if (!Directory.Exists(directory)) return null;
        try
        {
            var kept = Artifact.Open(directory);
            kept.Verify(Hasher, cancellation);
            return kept;
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
        {
            damage = exception.Message;
            return null;
        }
    }

    /// <summary>A foreign decoder runs where it lies, in the precision that it has; only its manifest is ours.</summary>
    private ReadyArtifact Import(string directory, ExportTarget target, CancellationToken cancellation)
    {
        var artifact = ForeignImporter.Import(directory, target, Hasher, cancellation);
        var manifests = Path.Combine(artifacts, "foreign");
        var path = Path.Combine(manifests, artifact.Id + ".json");
        if (File.Exists(path)) return new ReadyArtifact(artifact, path, Lease: null);
        Directory.CreateDirectory(manifests);
        var written = path + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        File.WriteAllBytes(written, ArtifactJson.Document(artifact.Manifest));
        File.Move(written, path, overwrite: true);
        return new ReadyArtifact(artifact, path, Lease: null);
    }

    private Artifact Check(Artifact artifact, ExportTarget target, ExportPrecision precision, CancellationToken cancellation)
    {
        var manifest = artifact.Manifest;
        if (manifest.Target != target.Name() || manifest.Precision.Name != precision.Name())
        {
            throw new CheckpointException(
                artifact.Directory,
                $"is built for {manifest.Target} in {manifest.Precision.Name}, but {target.Name()} in {precision.Name()} was asked for.",
                $"Use --provider {manifest.Target} --precision {manifest.Precision.Name}, or export it again.");
        }

        artifact.Verify(Hasher, cancellation);
        return artifact;
    }

    /// <summary>Waits for the lock of a model's exports, which the kernel frees when its holder ends.</summary>
    /// <exception cref="IOException">The cache cannot be written, or the lock was held for too long.</exception>
    private FileStream Lock(string prefix, CancellationToken cancellation)
    {
        var path = Path.Combine(artifacts, prefix + "lock");
        var deadline = DateTime.UtcNow + LockPatience;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(artifacts);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (DirectoryLock.IsHeld(exception))
            {
                if (DateTime.UtcNow >= deadline) throw new IOException($"{path}: another process has exported this model for {LockPatience.TotalMinutes:0} minutes. End it, or name another directory with --cache.", exception);
                if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200))) throw new OperationCanceledException(cancellation);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"{artifacts}: no artifact can be written there ({exception.Message.TrimEnd('.')}). Name another directory with --cache.", exception);
            }
        }
    }

    private static string FileName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));

    private static string Digest(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))[..KeyDigits];
}
