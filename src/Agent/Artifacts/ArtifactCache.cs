using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Agent.Machine;
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
                return new ReadyArtifact(Check(Artifact.Open(directory), target, precision, cancellation), ManifestPath: null);
            case ModelLocation.Foreign(var directory):
                return Import(directory, target, cancellation);
            default:
                using (var export = ModelExport.Open(location))
                {
                    return new ReadyArtifact(Obtain(export, target, precision, progress, cancellation), ManifestPath: null);
                }
        }
    }

    private Artifact Obtain(
        ModelExport export, ExportTarget target, ExportPrecision precision, IProgress<ExportProgress> progress, CancellationToken cancellation)
    {
        var content = Digest(export.Config.ToString(), string.Join('\n', export.Provenance(Hasher, cancellation).Hashes.Select(pair => pair.Key + '=' + pair.Value)));
        var prefix = $"{FileName(export.Name)}-{precision.Name()}-{target.Name()}-{content}-";
        var directory = Path.Combine(artifacts, prefix + Digest(BuildInformation.Read().Version, BuildInformation.Read().Commit));
        Directory.CreateDirectory(artifacts);
        using var exclusive = Lock(Path.Combine(artifacts, prefix + "lock"), cancellation);
        if (Directory.Exists(directory))
        {
            try
            {
                var kept = Artifact.Open(directory);
                kept.Verify(Hasher, cancellation);
                return kept;
            }
            catch (InvalidDataException exception)
            {
                // It is a copy of what can be made again: making it again is the remedy that the message would name.
                Console.Error.WriteLine($"{exception.Message} Exporting it again.");
                Directory.Delete(directory, recursive: true);
            }
        }

        foreach (var superseded in Directory.EnumerateDirectories(artifacts, prefix + "*")) Directory.Delete(superseded, recursive: true);
        var artifact = export.Export(target, precision, directory, Hasher, progress, cancellation);

        // The digests were computed while the files were written.
        foreach (var file in artifact.Manifest.Files)
        {
            var path = Path.Combine(artifact.Directory, file.Path);
            memory.Remember(path, FileStamp.Of(path), file.Sha256);
        }

        return artifact;
    }

    /// <summary>A foreign decoder runs where it lies, in the precision that it has; only its manifest is ours.</summary>
    private ReadyArtifact Import(string directory, ExportTarget target, CancellationToken cancellation)
    {
        var artifact = ForeignImporter.Import(directory, target, Hasher, cancellation);
        var manifests = Path.Combine(artifacts, "foreign");
        Directory.CreateDirectory(manifests);
        var path = Path.Combine(manifests, artifact.Id + ".json");
        var written = path + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        File.WriteAllBytes(written, ArtifactJson.Document(artifact.Manifest));
        File.Move(written, path, overwrite: true);
        return new ReadyArtifact(artifact, path);
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

    /// <summary>Waits for a lock that the kernel frees when its holder ends.</summary>
    private static FileStream Lock(string path, CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + LockPatience;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path) && DateTime.UtcNow < deadline)
            {
                if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200))) throw new OperationCanceledException(cancellation);
            }
        }
    }

    private static string FileName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));

    private static string Digest(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))[..KeyDigits];
}
