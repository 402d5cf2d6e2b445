using System.Runtime.InteropServices;
using EdgeFleet.Models.Onnx.Format;
using Google.Protobuf;

namespace EdgeFleet.Inference.Tests.Graphs;

/// <summary>A small graph under construction, for tests.</summary>
internal sealed class GraphDraft
{
    public const int Float = 1;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Half = 10;

    private readonly GraphProto _graph = new() { Name = "test" };
    private int _names;

    public void Input(string name, int type, params object[] shape) => _graph.Input.Add(Value(name, type, shape));

    public void Output(string name, int type, params object[] shape) => _graph.Output.Add(Value(name, type, shape));

    public string Constant(string name, ReadOnlySpan<float> values, params long[] shape) =>
        Constant(name, Float, MemoryMarshal.AsBytes(values), shape);

    public string Constant(string name, ReadOnlySpan<long> values, params long[] shape) =>
        Constant(name, Int64, MemoryMarshal.AsBytes(values), shape);

    public string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes) =>
        Node(operation, string.Empty, inputs, [$"t{_names++}"], attributes);

    public string Node(string operation, string domain, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = operation, Domain = domain, Name = $"{operation}_{_names++}" };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes.Select(static attribute => attribute.Value switch
        {
            long value => new AttributeProto { Name = attribute.Name, I = value, Type = AttributeProto.Types.AttributeType.Int },
            float value => new AttributeProto { Name = attribute.Name, F = value, Type = AttributeProto.Types.AttributeType.Float },
            _ => throw new ArgumentException(attribute.Name),
        }));
        _graph.Node.Add(node);
        return outputs[0];
    }

    public byte[] ToModel()
    {
        var model = new ModelProto { IrVersion = 10, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = string.Empty, Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model.ToByteArray();
    }

    private string Constant(string name, int type, ReadOnlySpan<byte> bytes, long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(shape);
        _graph.Initializer.Add(tensor);
        return name;
    }

    private static ValueInfoProto Value(string name, int type, object[] shape)
    {
        var proto = new TensorShapeProto();
        proto.Dim.Add(shape.Select(static dimension => dimension is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, null) }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = proto } },
        };
    }
}
