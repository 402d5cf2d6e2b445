using System.Collections.Immutable;
using System.Text.Json;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Artifacts;

/// <summary>The models that sweeps may name: catalogue entries, read at start, and registered artifacts.</summary>
internal sealed class ModelRegistry
{
    private const int LargestManifest = 1 << 20;
    private const int MostFiles = 1000;
    private const long LargestFile = 1L << 40;

    private readonly Database database;
    private readonly DataDirectory data;
    private readonly TimeProvider time;
    private readonly ImmutableArray<ModelEntry> catalogue;

    /// <summary>Takes the built-in catalogue, and reads a directory of further entries, which win over built-in ones of their name.</summary>
    /// <exception cref="StorageException">An entry cannot be read.</exception>
    public ModelRegistry(Database database, DataDirectory data, CollectorOptions options, TimeProvider time)
    {
        this.database = database;
        this.data = data;
        this.time = time;
        var own = options.ModelsDirectory is { } directory ? Directory.EnumerateFiles(directory, "*.json").Select(ReadEntry).ToList() : [];
        var builtIn = ModelCatalogue.BuiltIn.Entries.Where(e => !own.Exists(o => o.Name == e.Name)).Select(e => new ModelEntry
        {
            Name = e.Name, Family = e.Family.ToString().ToLowerInvariant(), Description = e.Description, Parameters = e.Parameters,
        });
        catalogue = [.. own.Concat(builtIn).OrderBy(m => m.Name, StringComparer.Ordinal)];
    }

    /// <summary>All models, by name.</summary>
    public List<ModelEntry> All()
    {
        var artifacts = database.Read(sql => sql.Rows(r => (Id: r.GetString(0), Manifest: r.GetFieldValue<byte[]>(1)), "SELECT artifact_id, manifest FROM artifact ORDER BY created_ns DESC"));
        return [.. catalogue.Concat(artifacts.Select(a => Entry(a.Id, Manifest(a.Manifest)))).OrderBy(m => m.Name, StringComparer.Ordinal)];
    }

    /// <summary>The models that names stand for; an artifact may be named by its id, and wins over a catalogue entry of its name only then.</summary>
    /// <exception cref="RequestException">A name is not known, or names an artifact whose files are not all there.</exception>
    public List<ModelEntry> Resolve(IEnumerable<string> names)
    {
        var all = All();
        return [.. names.Select(name => Find(all, name))];
    }

    /// <summary>The catalogue entry of a model, or null.</summary>
    public ModelEntry? Catalogued(string name) => catalogue.FirstOrDefault(m => m.Name == name);

    /// <summary>Registers an artifact by its manifest.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="RequestException">The manifest cannot be read.</exception>
    public async Task<string> RegisterAsync(byte[] bytes)
    {
        if (bytes.Length is 0 or > LargestManifest) throw RequestException.Invalid("manifest_json", $"has {bytes.Length} bytes; 1 to {LargestManifest} are allowed");

        ArtifactManifest manifest;
        try
        {
            manifest = Manifest(bytes);
        }
        catch (InvalidDataException error)
        {
            throw RequestException.Invalid("manifest_json", error.Message);
        }

        if (manifest.Files.Length is 0 or > MostFiles) throw RequestException.Invalid("manifest_json", $"lists {manifest.Files.Length} files; 1 to {MostFiles} are allowed");
        foreach (var file in manifest.Files)
        {
            if (file.Path.Length is 0 or > 255 || file.Path.AsSpan().IndexOfAny("/\\\0") >= 0 || file.Path is "." or "..") throw RequestException.Invalid("manifest_json", $"'{file.Path}' is not the name of a file");
            if (!Hash.IsSha256(file.Sha256)) throw RequestException.Invalid("manifest_json", $"the hash of '{file.Path}' is not 64 lower-case hexadecimal digits");
            if (file.Bytes is < 0 or > LargestFile) throw RequestException.Invalid("manifest_json", $"'{file.Path}' has {file.Bytes} bytes; 0 to {LargestFile} are allowed");
        }

        var id = ArtifactJson.Identity(manifest);
        var canonical = ArtifactJson.Canonical(manifest);
        await database.WriteAsync(sql =>
        {
            if (sql.Run("INSERT OR IGNORE INTO artifact VALUES($0, $1, $2)", id, canonical, time.UnixNanoseconds()) == 0) return;
            foreach (var (file, i) in manifest.Files.Select((f, i) => (f, i))) sql.Run("INSERT INTO artifact_file VALUES($0, $1, $2, $3, $4)", id, i, file.Path, file.Bytes, file.Sha256);
        });
        return id;
    }

    /// <summary>What is known of an artifact, or null.</summary>
    public ArtifactStatus? Stat(string id) => database.Read(sql =>
    {
        if (sql.Scalar("SELECT manifest FROM artifact WHERE artifact_id = $0", id) is not byte[] manifest) return null;
        var status = new ArtifactStatus { ArtifactId = id, ManifestJson = Google.Protobuf.ByteString.CopyFrom(manifest) };
        status.Files.Add(sql.Rows(
            r => new ArtifactFile { Name = r.GetString(0), SizeBytes = (ulong)r.GetInt64(1), Sha256 = r.GetString(2), ReceivedBytes = (ulong)Received(r.GetString(2)) },
            "SELECT name, size_bytes, sha256 FROM artifact_file WHERE artifact_id = $0 ORDER BY ordinal", id));
        status.Complete = status.Files.All(f => File.Exists(FileOf(f.Sha256)));
        return status;
    });

    /// <summary>Size of a file that some artifact lists, or null.</summary>
    public long? ListedSize(string sha256) => database.Read(sql => sql.Scalar("SELECT size_bytes FROM artifact_file WHERE sha256 = $0 LIMIT 1", sha256) as long?);

    /// <summary>Where a complete file lies.</summary>
    public string FileOf(string sha256) => Path.Combine(data.Files, sha256);

    /// <summary>Where an incomplete file lies.</summary>
    public string PartOf(string sha256) => Path.Combine(data.Incoming, sha256 + ".file");

    private long Received(string sha256)
    {
        var whole = new FileInfo(FileOf(sha256));
        if (whole.Exists) return whole.Length;
        var part = new FileInfo(PartOf(sha256));
        return part.Exists ? part.Length : 0;
    }

    private ModelEntry Find(List<ModelEntry> all, string name)
    {
        var entry = all.FirstOrDefault(m => m.ArtifactId == name) ?? Catalogued(name) ?? all.FirstOrDefault(m => m.Name == name);
        if (entry is null)
        {
            var near = string.Join(", ", all.Select(m => m.Name).Distinct().Order(StringComparer.Ordinal).Take(10));
            throw RequestException.Invalid("models", $"'{name}' is not known. {(near.Length > 0 ? $"There are {near}; see edgefleet models" : "There are none; register an artifact or set the models directory")}");
        }

        return entry.Complete ? entry : throw RequestException.Invalid("models", $"artifact '{name}' lacks files; upload them first");
    }

    private ModelEntry Entry(string id, ArtifactManifest manifest) => new()
    {
        Name = manifest.Name,
        Family = manifest.Family.ToString().ToLowerInvariant(),
        ArtifactId = id,
        Target = manifest.Target,
        Precision = manifest.Precision.Name,
        Weights = manifest.Weights.Source,
        Parameters = manifest.Parameters,
        SizeBytes = manifest.Files.Sum(f => f.Bytes),
        Complete = manifest.Files.All(f => File.Exists(FileOf(f.Sha256))),
    };

    private static ArtifactManifest Manifest(byte[] bytes) => ArtifactJson.Parse(bytes, "manifest_json");

    private static ModelEntry ReadEntry(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new ModelEntry
            {
                Name = root.GetProperty("name").GetString() ?? throw new FormatException("name is null"),
                Family = root.GetProperty("family").GetString() ?? throw new FormatException("family is null"),
                Description = root.TryGetProperty("description", out var description) ? description.GetString() ?? "" : "",
                Parameters = root.TryGetProperty("parameters", out var parameters) && parameters.TryGetInt64(out var count) ? count : 0,
                EntryJson = text,
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new StorageException($"The catalogue entry {path} cannot be read: {error.Message}", error);
        }
    }
}
