using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Models.Weights;

/// <summary>Weights of a checkpoint: one safetensors file, or several that an index joins.</summary>
public sealed class SafetensorsWeightSource : IWeightSource
{
    private readonly Dictionary<string, SafetensorsFile> _fileOfTensor = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files;
    private readonly string? _index;

    private SafetensorsWeightSource(string location, string? index, List<SafetensorsFile> files)
    {
        Location = location;
        _index = index;
        _files = files;
    }

    /// <inheritdoc/>
    public string SourceKind => "checkpoint";

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _fileOfTensor.Keys;

    /// <summary>Opens a single file.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or breaks the format's rules.</exception>
    public static SafetensorsWeightSource Open(string file)
    {
        var source = new SafetensorsWeightSource(file, index: null, []);
        var opened = SafetensorsFile.Open(file);
        source._files.Add(opened);
        foreach (var name in opened.Names)
        {
            source._fileOfTensor.Add(name, opened);
        }

        return source;
    }

    /// <summary>Opens the files that an index names, which lie beside it.</summary>
    /// <param name="index"><c>model.safetensors.index.json</c>.</param>
    /// <exception cref="CheckpointException">The index or a file cannot be read, breaks the format's rules, or they disagree.</exception>
    public static SafetensorsWeightSource OpenSharded(string index)
    {
        var shards = ShardIndex.Load(index);
        var directory = Path.GetDirectoryName(Path.GetFullPath(index))!;
        var source = new SafetensorsWeightSource(directory, index, []);
        try
        {
            foreach (var shard in shards.Files)
            {
                var path = Path.Combine(directory, shard.Key);
                var file = SafetensorsFile.Open(path);
                source._files.Add(file);
                source.AddShard(index, shard.Value, file);
            }

            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Contains(string name) => _fileOfTensor.ContainsKey(name);

    /// <inheritdoc/>
    public TensorDescription Describe(string name) => Find(name).Describe(name);

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination)
    {
        var file = Find(name);
        WeightRange.CheckWhole(file.Describe(name), destination.Length);
        file.Read(name, 0, destination);
    }

    /// <inheritdoc/>
    public void ReadRows(string name, long firstRow, Span<float> destination)
    {
        var file = Find(name);
        file.Read(name, WeightRange.FirstElement(file.Describe(name), firstRow, destination.Length), destination);
    }

    /// <inheritdoc/>
    public WeightsManifest Provenance(FileHasher hasher, CancellationToken cancellationToken)
    {
        var paths = _files.Select(file => file.Path);
        var hashes = (_index is null ? paths : paths.Append(_index)).ToImmutableSortedDictionary(
            path => Path.GetFileName(path), path => hasher.Sha256(path, cancellationToken), StringComparer.Ordinal);
        return new WeightsManifest(SourceKind, Seed: null, hashes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private void AddShard(string index, HashSet<string> expected, SafetensorsFile file)
    {
        foreach (var name in expected)
        {
            if (!file.Contains(name))
            {
                throw new CheckpointException(
                    $"{file.Path}, tensor '{name}'",
                    $"is missing, though {Path.GetFileName(index)} says that it is here.",
                    "Index and files come from different downloads; download them again.");
            }

            _fileOfTensor.Add(name, file);
        }

        if (file.Names.Count != expected.Count)
        {
            var surplus = file.Names.Except(expected, StringComparer.Ordinal).Order(StringComparer.Ordinal).First();
            throw new CheckpointException(
                $"{file.Path}, tensor '{surplus}'",
                $"is not in {Path.GetFileName(index)}.",
                "Index and files come from different downloads; download them again.");
        }
    }

    private SafetensorsFile Find(string name) => _fileOfTensor.TryGetValue(name, out var file)
        ? file
        : throw new CheckpointException($"{Location}, tensor '{name}'", "is missing.", "Check that all files were downloaded.");
}
