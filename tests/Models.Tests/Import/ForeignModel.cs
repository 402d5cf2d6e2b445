using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;
using EdgeFleet.Models.Onnx.Initializers;
using Google.Protobuf;

namespace EdgeFleet.Models.Tests.Import;

/// <summary>A decoder as other exporters write it, with one attention layer; each part can be changed before it is written.</summary>
internal sealed class ForeignModel
{
    public const int Vocabulary = 40;
    public const int Hidden = 32;
    public const int Heads = 4;
    public const int KvHeads = 2;
    public const int HeadSize = 8;

    public ModelProto Model { get; } = Build();

    public GraphProto Graph => Model.Graph;

    /// <summary>Writes the model and other files into a directory.</summary>
    public void Write(TemporaryDirectory directory, params ReadOnlySpan<(string Name, string Text)> files)
    {
        directory.Write("model.onnx", Model.ToByteArray());
        foreach (var (name, text) in files)
            directory.Write(name, text);
    }

    public ValueInfoProto Input(string name) => Graph.Input.Single(input => input.Name == name);

    public void AddState(string past, string present, OnnxElementType type, params ReadOnlySpan<Dimension> shape)
    {
        var builder = new GraphBuilder("state");
        builder.Input(past, type, shape);
        builder.Output(new GraphValue(present, type), shape);
        var other = builder.Build("", new ExternalDataLayout([]), ("", "")).Graph;
        Graph.Input.Add(other.Input);
        Graph.Output.Add(other.Output);
    }

    private static ModelProto Build()
    {
        var builder = new GraphBuilder("foreign");
        var ids = builder.Input("input_ids", OnnxElementType.Int64, "batch_size", "sequence_length");
        builder.Input("attention_mask", OnnxElementType.Int64, "batch_size", "total_sequence_length");
        var key = builder.Input("past_key_values.0.key", OnnxElementType.Float32, "batch_size", KvHeads, "past_sequence_length", HeadSize);
        var value = builder.Input("past_key_values.0.value", OnnxElementType.Float32, "batch_size", KvHeads, "past_sequence_length", HeadSize);
        var embedded = builder.Node("", "Gather", "embedding", [new GraphValue("table", OnnxElementType.Float32), ids], OnnxElementType.Float32);
        var packed = builder.Node("com.microsoft", "MatMulNBits", "qkv", [embedded, new GraphValue("qkv.weight", OnnxElementType.UInt8), new GraphValue("qkv.scales", OnnxElementType.Float32)], OnnxElementType.Float32, NodeAttribute.Int("N", (Heads + (2 * KvHeads)) * HeadSize), NodeAttribute.Int("K", Hidden), NodeAttribute.Int("bits", 4));
        var attended = builder.Nodes(
            "com.microsoft",
            "GroupQueryAttention",
            "attention",
            [packed, GraphValue.Absent, GraphValue.Absent, key, value],
            [
                new GraphValue("attended", OnnxElementType.Float32),
                new GraphValue("present.0.key", OnnxElementType.Float32),
                new GraphValue("present.0.value", OnnxElementType.Float32),
            ],
            NodeAttribute.Int("num_heads", Heads),
            NodeAttribute.Int("local_window_size", -1));
        var logits = builder.Nodes(
            "", "MatMul", "head", [attended[0], new GraphValue("head.weight", OnnxElementType.Float32)], [new GraphValue("logits", OnnxElementType.Float32)]);
        builder.Output(logits[0], "batch_size", "sequence_length", Vocabulary);
        builder.Output(attended[1], "batch_size", KvHeads, "total_sequence_length", HeadSize);
        builder.Output(attended[2], "batch_size", KvHeads, "total_sequence_length", HeadSize);
        var model = builder.Build("", new ExternalDataLayout([]), ("someone", "1"));
        Add(model, "table", OnnxElementType.Float32, Vocabulary, Hidden);
        Add(model, "qkv.weight", OnnxElementType.UInt8, (Heads + (2 * KvHeads)) * HeadSize, 1, 16);
        Add(model, "qkv.scales", OnnxElementType.Float32, (Heads + (2 * KvHeads)) * HeadSize);
        Add(model, "head.weight", OnnxElementType.Float32, Hidden, Vocabulary);
        return model;
    }

    private static void Add(ModelProto model, string name, OnnxElementType type, params ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.AddRange(shape.ToArray());
        tensor.RawData = ByteString.CopyFrom(new byte[shape.ToArray().Aggregate((long)type.Bytes(), (bytes, size) => bytes * size)]);
        model.Graph.Initializer.Add(tensor);
    }
}
