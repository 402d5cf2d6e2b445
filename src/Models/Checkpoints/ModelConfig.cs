using System.Text.Json;
using System.Text.Unicode;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>A Hugging Face <c>config.json</c>, or an object inside one. Values are read by key, checked, and errors say where they are.</summary>
public sealed class ModelConfig
{
    /// <summary>Largest file that is read: published configurations have a few kilobytes.</summary>
    public const int MaximumBytes = 1 << 20;

    private const int MaximumDepth = 32;

    private readonly JsonElement _object;
    private readonly string _path;

    internal ModelConfig(string location, string path, JsonElement @object)
    {
        Location = location;
        _path = path;
        _object = @object;
    }

    /// <summary>The file, or what else the configuration came from.</summary>
    public string Location { get; }

    /// <summary>The value of a key; it may be absent.</summary>
    public ConfigValue this[string key] =>
        new(Location, _path.Length == 0 ? key : $"{_path}.{key}", _object.TryGetProperty(key, out var value) ? value : default);

    /// <summary>Keys in the order of the file.</summary>
    public IEnumerable<string> Keys => _object.EnumerateObject().Select(property => property.Name);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It is missing, too large, not JSON, or not an object.</exception>
    public static ModelConfig Load(string path) => Parse(BoundedFile.ReadAllBytes(path, MaximumBytes), path);

    /// <summary>Reads JSON text. Bare <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c>, as Python writes them, are understood.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="location">Where errors point.</param>
    /// <exception cref="CheckpointException">It is too large, not JSON, or not an object.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> utf8, string location)
    {
        if (utf8.Length > MaximumBytes)
        {
            throw new CheckpointException(
                location, $"has {utf8.Length} bytes; at most {MaximumBytes} are read.", "This is not a model's configuration.");
        }

        if (!Utf8.IsValid(utf8.Span))
        {
            throw new CheckpointException(location, "is not UTF-8 text.", "Download it again.");
        }

        try
        {
            var options = new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(PythonJson.QuoteBareFloats(utf8), options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException(
                    location, $"holds a JSON {document.RootElement.ValueKind}; expected an object.", "Download it again.");
            }

            return new ModelConfig(location, "", document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(location, $"is not valid JSON: {e.Message}", "Download it again, or correct it.", e);
        }
    }

    /// <summary>Whether a key is present and not null.</summary>
    public bool Has(string key) => this[key].IsPresent;

    /// <summary>The object as compact JSON text, e.g. to hash it.</summary>
    public override string ToString() => _object.GetRawText();
}
