using System.Collections.Immutable;
using System.Text;
using EdgeFleet.Models.Onnx.Format;
using Google.Protobuf;

namespace EdgeFleet.Models.Import;

/// <summary>Reads the graph of an ONNX file of any size that the format allows, without its weights. Everything is bounded.</summary>
internal sealed class ForeignGraphReader
{
    private const long GreatestFile = int.MaxValue;
    private const int GreatestNode = 1 << 24;
    private const int GreatestValue = 1 << 20;
    private const int GreatestText = 1 << 16;
    private const int GreatestCount = 1 << 20;
    private const long GreatestTotal = 1L << 30;
    private const long GreatestElements = 1L << 40;

    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int GraphInitializer = 5;
    private const int GraphInput = 11;
    private const int GraphOutput = 12;
    private const int TensorDims = 1;
    private const int TensorType = 2;
    private const int TensorName = 8;
    private const int TensorExternalData = 13;

    private readonly WireReader _reader;
    private readonly long _length;
    private readonly ImmutableArray<NodeProto>.Builder _nodes = ImmutableArray.CreateBuilder<NodeProto>();
    private readonly List<ValueInfoProto> _inputs = [];
    private readonly ImmutableArray<ValueInfoProto>.Builder _outputs = ImmutableArray.CreateBuilder<ValueInfoProto>();
    private readonly Dictionary<string, ForeignTensor> _initializers = new(StringComparer.Ordinal);
    private long _bytesRead;

    private ForeignGraphReader(Stream file, string path)
    {
        _reader = new WireReader(file, path);
        _length = file.Length;
        if (_length > GreatestFile)
            throw _reader.Malformed("it is larger than 2 GB, which protobuf does not allow");
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not an ONNX model.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ForeignGraph Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        var reader = new ForeignGraphReader(file, path);
        try
        {
            return reader.ReadModel();
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or EndOfStreamException or DecoderFallbackException or OverflowException)
        {
            throw reader._reader.Malformed(e.Message);
        }
    }

    private ForeignGraph ReadModel()
    {
        var hasGraph = false;
        while (_reader.Position < _length)
        {
            var field = _reader.Next(_length);
            var end = _reader.Position + (field.Kind == WireField.Delimited ? (long)field.Value : 0);
            if (field.Id == ModelGraph && field.Kind == WireField.Delimited)
            {
                ReadGraph(end);
                hasGraph = true;
            }

            _reader.MoveTo(end);
        }

        if (!hasGraph)
            throw _reader.Malformed("it has no graph");
        return new ForeignGraph
        {
            Nodes = _nodes.ToImmutable(),
            Inputs = [.. _inputs.Where(input => !_initializers.ContainsKey(input.Name))],
            Outputs = _outputs.ToImmutable(),
            Initializers = _initializers.ToImmutableDictionary(StringComparer.Ordinal),
        };
    }

    private void ReadGraph(long end)
    {
        while (_reader.Position < end)
        {
            var field = _reader.Next(end);
            if (field.Kind != WireField.Delimited)
                continue;

            var next = _reader.Position + (long)field.Value;
            switch (field.Id)
            {
                case GraphNode:
                    _nodes.Add(NodeProto.Parser.ParseFrom(Bytes(field, GreatestNode)));
                    break;
                case GraphInitializer:
                    ReadTensor(next);
                    break;
                case GraphInput:
                    _inputs.Add(ValueInfoProto.Parser.ParseFrom(Bytes(field, GreatestValue)));
                    break;
                case GraphOutput:
                    _outputs.Add(ValueInfoProto.Parser.ParseFrom(Bytes(field, GreatestValue)));
                    break;
                default:
                    break;
            }

            if (_nodes.Count > GreatestCount || _inputs.Count > GreatestCount || _outputs.Count > GreatestCount || _initializers.Count > GreatestCount)
                throw _reader.Malformed($"it has more than {GreatestCount} nodes, inputs, outputs or initialisers");
            _reader.MoveTo(next);
        }
    }

    private void ReadTensor(long end)
    {
        var (name, type, location) = ("", 0, (string?)null);
        var shape = ImmutableArray.CreateBuilder<long>();
        while (_reader.Position < end)
        {
            var field = _reader.Next(end);
            var next = _reader.Position + (field.Kind == WireField.Delimited ? (long)field.Value : 0);
            switch (field.Id, field.Kind)
            {
                case (TensorDims, WireField.Number):
                    shape.Add((long)field.Value);
                    break;
                case (TensorDims, WireField.Delimited):
                    while (_reader.Position < next)
                        shape.Add(ReadPacked(next));
                    break;
                case (TensorType, WireField.Number):
                    type = (int)Math.Min(field.Value, int.MaxValue);
                    break;
                case (TensorName, WireField.Delimited):
                    name = Encoding.UTF8.GetString(Bytes(field, GreatestText));
                    break;
                case (TensorExternalData, WireField.Delimited):
                    var entry = StringStringEntryProto.Parser.ParseFrom(Bytes(field, GreatestText));
                    location = entry.Key == "location" ? entry.Value : location;
                    break;
                default:
                    break;
            }

            _reader.MoveTo(next);
        }

        if (shape.Any(dimension => dimension < 0))
            throw _reader.Malformed($"initialiser '{name}' has a negative dimension");
        if (shape.Aggregate(1.0, (elements, dimension) => elements * dimension) > GreatestElements)
            throw _reader.Malformed($"initialiser '{name}' has more than {GreatestElements} elements");
        if (!_initializers.TryAdd(name, new ForeignTensor(name, type, shape.ToImmutable(), location)))
            throw _reader.Malformed($"two initialisers are called '{name}'");
    }

    // A packed element is a bare number: a tag with the field number and wire type taken from it would be wrong, so it is read as one.
    private long ReadPacked(long end)
    {
        ulong value = 0;
        var start = _reader.Position;
        var bytes = _reader.Bytes(new WireField(TensorDims, WireField.Delimited, (ulong)Math.Min(10, end - start)), 10);
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                _reader.MoveTo(start + i + 1);
                return (long)value;
            }
        }

        throw _reader.Malformed("a dimension is cut off");
    }

    private byte[] Bytes(WireField field, int limit)
    {
        _bytesRead += (long)field.Value;
        if (_bytesRead > GreatestTotal)
            throw _reader.Malformed("its graph without weights is larger than 1 GB");
        return _reader.Bytes(field, limit);
    }
}
