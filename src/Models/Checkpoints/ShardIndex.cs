using System.Text.Json;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>The index of a sharded checkpoint: which file holds which tensors.</summary>
internal sealed class ShardIndex
{
    private const int MaximumBytes = 100_000_000;
    private const int MaximumTensors = 200_000;
    private const int MaximumFiles = 1_000;
    private const int MaximumDepth = 8;
    private const string Extension = ".safetensors";

    private readonly string _path;
    private readonly SortedDictionary<string, HashSet<string>> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tensors = new(StringComparer.Ordinal);

    private ShardIndex(string path)
    {
        _path = path;
    }

    /// <summary>Tensors by file name, which has no directory part.</summary>
    public IReadOnlyDictionary<string, HashSet<string>> Files => _files;

    public static ShardIndex Load(string path)
    {
        var index = new ShardIndex(path);
        var json = BoundedFile.ReadAllBytes(path, MaximumBytes);
        try
        {
            index.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw index.Error($"is not valid JSON: {e.Message}", e);
        }

        return index;
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "must hold a JSON object.");
        var hasMap = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMap = reader.ValueTextEquals("weight_map"u8);
            reader.Read();
            if (isMap)
            {
                Expect(!hasMap, "has key 'weight_map' twice.");
                hasMap = true;
                ReadMap(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read();
        Expect(_tensors.Count > 0, "lacks the key 'weight_map', or it is empty; expected an object from tensor names to file names.");
    }

    private void ReadMap(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "has a 'weight_map' that is no object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var tensor = reader.GetString()!;
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, $"maps tensor '{tensor}' to something else than a file name.");
            var file = reader.GetString()!;
            CheckFileName(tensor, file);
            Expect(_tensors.Add(tensor), $"has tensor '{tensor}' twice.");
            Expect(_tensors.Count <= MaximumTensors, $"has more than {MaximumTensors} tensors.");
            if (!_files.TryGetValue(file, out var tensors))
            {
                Expect(_files.Count < MaximumFiles, $"names more than {MaximumFiles} files.");
                _files.Add(file, tensors = new HashSet<string>(StringComparer.Ordinal));
            }

            tensors.Add(tensor);
        }
    }

    private void CheckFileName(string tensor, string file)
    {
        var isPlainName = file.EndsWith(Extension, StringComparison.Ordinal)
            && file.Length > Extension.Length
            && file.AsSpan().IndexOfAny("/\\\0") < 0;
        Expect(
            isPlainName,
            $"maps tensor '{tensor}' to the file '{file}'; expected the name of a {Extension} file in the same directory.");
    }

    private void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Error(otherwise);
        }
    }

    private CheckpointException Error(string what, Exception? innerException = null) =>
        new(_path, what, "The index is damaged; download it again.", innerException);
}
