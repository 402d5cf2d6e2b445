using System.Text;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Catalogue;

/// <summary>The local cache of huggingface_hub: <c>models--org--name/refs/REVISION</c> names a directory in <c>snapshots</c>.</summary>
/// <param name="root">Its directory; it need not exist.</param>
public sealed class HuggingFaceCache(string root)
{
    private const int MaximumReferenceBytes = 1_024;

    /// <summary>The cache that the environment names, as huggingface_hub decides it: HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, ~/.cache.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="home">The user's home directory.</param>
    public static HuggingFaceCache FromEnvironment(Func<string, string?> variable, string home)
    {
        if (Value("HF_HUB_CACHE") is { } hub)
        {
            return new HuggingFaceCache(hub);
        }

        var hfHome = Value("HF_HOME") ?? Path.Combine(Value("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface");
        return new HuggingFaceCache(Path.Combine(hfHome, "hub"));

        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Where a repository's revision would be.</summary>
    public string DirectoryOf(RepositoryName repository) =>
        Path.Combine(root, $"models--{repository.Organisation}--{repository.Model}");

    /// <summary>The directory of a revision's files; null if the repository was never downloaded.</summary>
    /// <exception cref="CheckpointException">The repository is there, but not this revision.</exception>
    public string? FindSnapshot(RepositoryName repository)
    {
        var directory = DirectoryOf(repository);
        if (!Directory.Exists(directory))
        {
            return null;
        }

        var snapshots = Path.Combine(directory, "snapshots");
        var reference = Path.Combine(directory, "refs", repository.Revision);
        var commit = File.Exists(reference) ? ReadReference(reference) : repository.Revision;
        var snapshot = Path.Combine(snapshots, commit);
        if (Directory.Exists(snapshot))
        {
            return snapshot;
        }

        var present = Directory.Exists(snapshots)
            ? string.Join(", ", Directory.EnumerateDirectories(snapshots).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
            : "";
        throw new CheckpointException(
            directory,
            $"has no snapshot of revision '{repository.Revision}'; it has {(present.Length == 0 ? "none" : present)}.",
            present.Length == 0 ? "Download it again." : $"Write {repository.Name}@REVISION, or download it again.");
    }

    private static string ReadReference(string path)
    {
        var commit = Encoding.UTF8.GetString(BoundedFile.ReadAllBytes(path, MaximumReferenceBytes)).Trim();
        return RepositoryName.IsSegment(commit)
            ? commit
            : throw new CheckpointException(path, "does not name a commit.", "Download the repository again.");
    }
}
