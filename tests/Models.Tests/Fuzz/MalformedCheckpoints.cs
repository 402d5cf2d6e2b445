using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace EdgeFleet.Models.Tests.Fuzz;

/// <summary>Makes malformed checkpoints from a good one. The same fixture gives the same cases.</summary>
internal sealed class MalformedCheckpoints
{
    private const int Prefix = 8;
    private const int Truncations = 24;

    private static readonly string[] WrongValues =
        ["{}", "[]", "\"x\"", "true", "-1", "0", "2.5", "1e18", "1e400", "99999999999999999999", "NaN", "Infinity", "[1]"];

    private readonly byte[] _config;
    private readonly byte[] _weights;
    private readonly byte[] _header;
    private readonly byte[] _data;

    public MalformedCheckpoints(string fixture)
    {
        _config = File.ReadAllBytes(Path.Combine(Fixtures.Checkpoint(fixture), "config.json"));
        _weights = File.ReadAllBytes(Path.Combine(Fixtures.Checkpoint(fixture), "model.safetensors"));
        var headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(_weights);
        _header = _weights[Prefix..(Prefix + headerBytes)];
        _data = _weights[(Prefix + headerBytes)..];
    }

    /// <summary>Everything that must be refused.</summary>
    public IEnumerable<MalformedCheckpoint> All() =>
        [.. TruncatedWeights(), .. LyingPrefixes(), .. LyingHeaders(), .. LyingTensors(), .. BrokenConfigs(), .. WrongConfigValues()];

    /// <summary>Checkpoints with some bytes changed at random, which may still be good ones.</summary>
    public IEnumerable<MalformedCheckpoint> Corrupted(int count, Random random)
    {
        for (var i = 0; i < count; i++)
        {
            var config = _config.ToArray();
            var weights = _weights.ToArray();
            var what = new StringBuilder();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                var (name, bytes, end) = random.Next(3) == 0 ? ("config.json", config, config.Length) : ("weights", weights, Prefix + _header.Length);
                var position = name == "weights" && random.Next(4) == 0 ? random.Next(Prefix) : random.Next(end);
                var value = (byte)(random.Next(2) == 0 ? bytes[position] ^ (1 << random.Next(8)) : random.Next(256));
                what.Append(CultureInfo.InvariantCulture, $"{name}[{position}] = {value}; ");
                bytes[position] = value;
            }

            yield return new MalformedCheckpoint(what.ToString(), config, weights);
        }
    }

    private IEnumerable<MalformedCheckpoint> TruncatedWeights()
    {
        foreach (var length in (int[])[0, 1, 7, 8, 9, Prefix + (_header.Length / 2), Prefix + _header.Length - 1, Prefix + _header.Length, _weights.Length - 1])
        {
            yield return With($"weights cut to {length} bytes", _weights[..length]);
        }

        for (var i = 1; i < Truncations; i++)
        {
            var length = (int)((long)_weights.Length * i / Truncations);
            yield return With($"weights cut to {length} bytes", _weights[..length]);
        }

        yield return With("a byte behind the weights", [.. _weights, 0]);
        yield return With("weights that are a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"u8.ToArray());
    }

    private IEnumerable<MalformedCheckpoint> LyingPrefixes()
    {
        var actual = (ulong)_header.Length;
        foreach (var claimed in (ulong[])
            [0, 1, 2, actual / 2, actual - 1, actual + 1, 100_000_000, 100_000_001, uint.MaxValue, long.MaxValue, 1UL << 63, ulong.MaxValue])
        {
            yield return With(
                $"a header that claims {claimed} bytes", SafetensorsBuilder.Raw(Encoding.UTF8.GetString(_header), _data, claimed));
        }
    }

    private IEnumerable<MalformedCheckpoint> LyingHeaders()
    {
        var header = Encoding.UTF8.GetString(_header).TrimEnd();
        var first = FirstTensorText(header);
        foreach (var (what, text) in ((string, string)[])
        [
            ("empty", ""),
            ("blank", "   "),
            ("{}", "{}"),
            ("null", "null"),
            ("an array", $"[{header}]"),
            ("a string", "\"header\""),
            ("not closed", header[..^1]),
            ("followed by another", header + header),
            ("with a comment", "/* */" + header),
            ("with a trailing comma", header[..^1] + ",}"),
            ("deeply nested", new string('[', 100_000)),
            ("with deeply nested metadata", "{\"__metadata__\":" + string.Concat(Enumerable.Repeat("{\"a\":", 50_000)) + "1" + new string('}', 50_000) + "," + header[1..]),
            ("with metadata that is an array", "{\"__metadata__\":[]," + WithoutMetadata(header)[1..]),
            ("with metadata twice", "{\"__metadata__\":{}," + header[1..]),
            ("with a tensor twice", "{" + first + "," + header[1..]),
            ("with a tensor twice, escaped", "{\"\\u" + ((int)first[1]).ToString("x4", CultureInfo.InvariantCulture) + first[2..] + "," + header[1..]),
            ("with a tensor that is null", "{\"zz\":null," + header[1..]),
            ("with a tensor that is a number", "{\"zz\":1," + header[1..]),
            ("with a name of bad Unicode", "{\"\\ud800\":" + first[(first.IndexOf(':', StringComparison.Ordinal) + 1)..] + "," + header[1..]),
        ])
        {
            yield return With($"a header that is {what}", SafetensorsBuilder.Raw(text, _data));
        }

        var invalid = _weights.ToArray();
        invalid[Prefix + 5] = 0xFF;
        yield return With("a header that is no UTF-8", invalid);
    }

    private IEnumerable<MalformedCheckpoint> LyingTensors()
    {
        var names = ParseHeader().Where(tensor => tensor.Key != "__metadata__").Select(tensor => tensor.Key).ToList();
        foreach (var name in (string[])[names[0], names[names.Count / 2], names[^1]])
        {
            foreach (var key in (string[])["dtype", "shape", "data_offsets"])
            {
                yield return Edited($"'{name}' without {key}", header => header[name]!.AsObject().Remove(key));
                foreach (var value in (string[])["null", "1", "{}", "[]", "\"\"", "\"F4\"", "[-1]", "[1.5]", "[\"1\"]", "[1e30]", "[true]", "[[1]]"])
                {
                    // A scalar of the right size is no error of the file, but of its shape, which is refused all the same.
                    yield return Edited($"'{name}' with {key} {value}", header => header[name]![key] = JsonNode.Parse(value));
                }
            }

            foreach (var type in (string[])["F32", "F64", "U8", "I64", "F16x", "BOOL", "f32"])
            {
                if (ParseHeader()[name]!["dtype"]!.GetValue<string>() != type)
                {
                    yield return Edited($"'{name}' of type {type}", header => header[name]!["dtype"] = type);
                }
            }

            yield return Edited($"'{name}' with a shape that overflows", header => header[name]!["shape"] = JsonNode.Parse("[4611686018427387904, 4]"));
            yield return Edited($"'{name}' with a shape that wraps to 0", header => header[name]!["shape"] = JsonNode.Parse("[4294967296, 4294967296]"));
            yield return Edited($"'{name}' of 40 dimensions", header =>
                header[name]!["shape"] = new JsonArray([.. Enumerable.Repeat(1, 40).Select(one => (JsonNode)one)]));
            yield return Edited($"'{name}' one element longer", header => header[name]!["shape"]![0] = header[name]!["shape"]![0]!.GetValue<long>() + 1);
            yield return Edited($"'{name}' reshaped", header => header[name]!["shape"]!.AsArray().Add(1));
            yield return Edited($"'{name}' reversed", header =>
            {
                var (begin, end) = Offsets(header, name);
                header[name]!["data_offsets"] = new JsonArray(end, begin);
            });
            foreach (var shift in (long[])[-2, 2, 1_000_000_000, long.MaxValue / 2])
            {
                yield return Edited($"'{name}' shifted by {shift}", header =>
                {
                    var (begin, end) = Offsets(header, name);
                    header[name]!["data_offsets"] = new JsonArray(begin + shift, end + shift);
                });
            }

            yield return Edited($"'{name}' with an unknown key", header => header[name]!["stride"] = 1);
            yield return Edited($"'{name}' renamed", header =>
            {
                var tensor = header[name]!.DeepClone();
                header.Remove(name);
                header["zz"] = tensor;
            });
            yield return Edited($"'{name}' missing", header => header.Remove(name));
        }

        yield return With(
            "a surplus tensor",
            Build(
                header => header["zz"] = JsonNode.Parse($$"""{"dtype":"U8","shape":[1],"data_offsets":[{{_data.Length}},{{_data.Length + 1}}]}"""),
                [.. _data, 0]));
        yield return Edited("two tensors at one place", header => header[names[1]]!["data_offsets"] = header[names[0]]!["data_offsets"]!.DeepClone());
    }

    private IEnumerable<MalformedCheckpoint> BrokenConfigs()
    {
        var text = Encoding.UTF8.GetString(_config);
        foreach (var (what, config) in ((string, string)[])
        [
            ("empty", ""),
            ("blank", "\n"),
            ("null", "null"),
            ("an array", $"[{text}]"),
            ("a number", "1"),
            ("cut", text[..(text.Length / 2)]),
            ("not closed", text.TrimEnd()[..^1]),
            ("followed by another", text + text),
            ("with a key twice", text.TrimEnd()[..^1] + ", \"vocab_size\": 320, \"vocab_size\": 321}"),
            ("deeply nested", string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
            ("too large", text + new string(' ', 1 << 20)),
            ("with an open string", "{\"model_type\": \"llama"),
            ("an HTML page", "<!DOCTYPE html><html></html>"),
            ("with single quotes", text.Replace('"', '\'')),
            ("UTF-16", "\uFFFE{"),
            ("quantised", text.TrimEnd()[..^1] + ", \"quantization_config\": {\"bits\": 4}}"),
        ])
        {
            yield return new MalformedCheckpoint($"config.json that is {what}", Encoding.UTF8.GetBytes(config), _weights);
        }
    }

    // Values that decide about tensors, so that each wrong one must be noticed.
    private IEnumerable<MalformedCheckpoint> WrongConfigValues()
    {
        var config = JsonNode.Parse(_config)!.AsObject();
        foreach (var key in (string[])["model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_layers", "num_attention_heads", "num_heads"])
        {
            if (!config.ContainsKey(key))
            {
                continue;
            }

            var without = config.DeepClone().AsObject();
            without.Remove(key);
            if (key != "num_attention_heads" && key != "num_heads")
            {
                yield return new MalformedCheckpoint($"config.json without '{key}'", Encoding.UTF8.GetBytes(without.ToJsonString()), _weights);
            }

            var rest = without.ToJsonString();
            foreach (var value in WrongValues)
            {
                yield return new MalformedCheckpoint(
                    $"config.json with '{key}' {value}", Encoding.UTF8.GetBytes($"{{\"{key}\": {value}, {rest[1..]}"), _weights);
            }

            // GPT-Neo's shapes do not depend on its number of heads.
            if (key is not ("model_type" or "num_heads"))
            {
                foreach (var value in (long[])[1, 3, 65_536, int.MaxValue, (long)int.MaxValue + 1, long.MaxValue])
                {
                    if (config[key]!.GetValue<long>() != value)
                    {
                        yield return new MalformedCheckpoint(
                            $"config.json with '{key}' {value}", Encoding.UTF8.GetBytes($"{{\"{key}\": {value}, {rest[1..]}"), _weights);
                    }
                }
            }
        }

        foreach (var type in (string[])["bert", "LLAMA", "t5", "hymba", "llama ", "../llama", "\\u0000"])
        {
            var other = config.DeepClone().AsObject();
            other.Remove("model_type");
            yield return new MalformedCheckpoint(
                $"model_type '{type}'", Encoding.UTF8.GetBytes($"{{\"model_type\": \"{type}\", {other.ToJsonString()[1..]}"), _weights);
        }
    }

    private JsonObject ParseHeader() => JsonNode.Parse(_header)!.AsObject();

    private MalformedCheckpoint Edited(string what, Action<JsonObject> edit) => With(what, Build(edit, _data));

    private byte[] Build(Action<JsonObject> edit, byte[] data)
    {
        var header = ParseHeader();
        edit(header);
        return SafetensorsBuilder.Raw(header.ToJsonString(), data);
    }

    private MalformedCheckpoint With(string what, byte[] weights) => new(what, _config, weights);

    private static (long Begin, long End) Offsets(JsonObject header, string name)
    {
        var offsets = header[name]!["data_offsets"]!;
        return (offsets[0]!.GetValue<long>(), offsets[1]!.GetValue<long>());
    }

    private static string WithoutMetadata(string header)
    {
        var node = JsonNode.Parse(header)!.AsObject();
        node.Remove("__metadata__");
        return node.ToJsonString();
    }

    private static string FirstTensorText(string header)
    {
        var (name, tensor) = JsonNode.Parse(header)!.AsObject().First(property => property.Key != "__metadata__");
        return $"\"{name}\":{tensor!.ToJsonString()}";
    }
}
