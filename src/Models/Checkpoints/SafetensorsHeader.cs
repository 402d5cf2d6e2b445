using System.Collections.Immutable;
using System.Text.Json;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>
/// The header of a safetensors file: which tensors there are and where. Held to the format's rules (huggingface/safetensors, "Format"):
/// tensors do not overlap and leave no gaps, and the file ends where the last one does.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header that the format allows.</summary>
    public const int MaximumBytes = 100_000_000;

    /// <summary>Bytes before the header: its length.</summary>
    public const int PrefixBytes = 8;

    private const int MaximumTensors = 200_000;
    private const int MaximumRank = 16;
    private const int MaximumDepth = 8;
    private const string Again = "The file is damaged or was not written by safetensors; download it again.";

    private readonly string _path;
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path)
    {
        _path = path;
    }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>Parses a header and checks it against the size of the data behind it.</summary>
    /// <param name="json">The header without its length.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="dataBytes">Bytes that follow the header.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, string path, long dataBytes)
    {
        var header = new SafetensorsHeader(path);
        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw header.Error($"its header is not valid JSON: {e.Message}", e);
        }

        header.CheckLayout(dataBytes);
        return header;
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "its header must be a JSON object.");
        var hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "__metadata__")
            {
                Expect(!hasMetadata, "its header has '__metadata__' twice.");
                hasMetadata = true;
                Expect(reader.TokenType == JsonTokenType.StartObject, "'__metadata__' must be an object.");
                reader.Skip();
                continue;
            }

            Expect(_entries.Count < MaximumTensors, $"it has more than {MaximumTensors} tensors.");
            Expect(_entries.TryAdd(name, ReadEntry(ref reader, name)), $"it has tensor '{name}' twice.");
        }

        // Utf8JsonReader itself refuses anything but white space behind the object.
        reader.Read();
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, $"tensor '{name}' must be described by an object.");
        TensorElementType? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype":
                    Expect(type is null, $"tensor '{name}' has key 'dtype' twice.");
                    Expect(reader.TokenType == JsonTokenType.String, $"tensor '{name}' has a 'dtype' that is no string.");
                    type = ElementType(reader.GetString()!, name);
                    break;
                case "shape":
                    Expect(shape is null, $"tensor '{name}' has key 'shape' twice.");
                    shape = ReadNumbers(ref reader, name, key);
                    break;
                case "data_offsets":
                    Expect(offsets is null, $"tensor '{name}' has key 'data_offsets' twice.");
                    offsets = ReadNumbers(ref reader, name, key);
                    break;
                default:
                    throw Error($"tensor '{name}' has the unknown key '{key}'; known are dtype, shape and data_offsets.");
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            var missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Error($"tensor '{name}' lacks the key '{missing}'.");
        }

        Expect(offsets.Value.Length == 2, $"tensor '{name}' has {offsets.Value.Length} data_offsets; expected begin and end.");
        var description = new TensorDescription(name, type.Value, shape.Value);
        var (begin, end) = (offsets.Value[0], offsets.Value[1]);
        Expect(begin <= end, $"tensor '{name}' ends at byte {end}, before it begins at {begin}.");
        var bytes = Bytes(description);
        Expect(
            end - begin == bytes,
            $"tensor '{name}' of type {description.Type} and shape {description.ShapeText} takes {bytes} bytes, but its data_offsets span {end - begin}.");
        return new SafetensorsEntry(description, begin, end);
    }

    private ImmutableArray<long> ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        Expect(reader.TokenType == JsonTokenType.StartArray, $"tensor '{name}' has a '{key}' that is no array.");
        var numbers = ImmutableArray.CreateBuilder<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(
                reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= 0,
                $"tensor '{name}' has a '{key}' with an element that is no whole number from 0 to 2^63 - 1.");
            Expect(numbers.Count < MaximumRank, $"tensor '{name}' has a '{key}' of more than {MaximumRank} numbers.");
            numbers.Add(reader.GetInt64());
        }

        return numbers.ToImmutable();
    }

    private long Bytes(TensorDescription description)
    {
        try
        {
            return checked(description.Elements * description.Type.Bytes());
        }
        catch (OverflowException e)
        {
            throw Error($"tensor '{description.Name}' has shape {description.ShapeText}, larger than any file.", e);
        }
    }

    private TensorElementType ElementType(string dtype, string name) => dtype switch
    {
        "F32" => TensorElementType.Float32,
        "F16" => TensorElementType.Float16,
        "BF16" => TensorElementType.BFloat16,
        "F64" => TensorElementType.Float64,
        "F8_E4M3" or "F8_E5M2" => TensorElementType.Float8,
        "BOOL" => TensorElementType.Boolean,
        "I8" => TensorElementType.Int8,
        "I16" => TensorElementType.Int16,
        "I32" => TensorElementType.Int32,
        "I64" => TensorElementType.Int64,
        "U8" => TensorElementType.UInt8,
        "U16" => TensorElementType.UInt16,
        "U32" => TensorElementType.UInt32,
        "U64" => TensorElementType.UInt64,
        _ => throw new CheckpointException(
            $"{_path}, tensor '{name}'",
            $"has the unknown dtype '{dtype}'; weights are read from F32, F16 and BF16.",
            "Use the unquantised checkpoint of this model."),
    };

    private void CheckLayout(long dataBytes)
    {
        long end = 0;
        var previous = "the header";
        foreach (var entry in _entries.Values.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            var name = entry.Description.Name;
            Expect(
                entry.End <= dataBytes,
                $"tensor '{name}' ends at byte {entry.End} of the data, but the file holds {dataBytes}; it is truncated or its header wrong.");
            Expect(entry.Begin >= end, $"tensor '{name}' begins at byte {entry.Begin} of the data and overlaps {previous}, which ends at {end}.");
            Expect(entry.Begin == end, $"there is a gap between {previous}, which ends at byte {end} of the data, and tensor '{name}' at {entry.Begin}.");
            end = entry.End;
            previous = $"tensor '{name}'";
        }

        Expect(end == dataBytes, $"{dataBytes - end} bytes follow {previous}; the format allows none.");
    }

    private void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Error(otherwise);
        }
    }

    private CheckpointException Error(string what, Exception? innerException = null) => new(_path, what, Again, innerException);
}
