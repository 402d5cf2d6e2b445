using System.Runtime.InteropServices;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;
using EdgeFleet.Models.Quantization;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>
/// Executes exported graphs in double precision, operator by operator, straight from the operators' definitions (docs/operators.md; ONNX
/// Runtime's ContribOperators.md): slow, without any kernel of ours or of ONNX Runtime, so that what is compared is the export alone.
/// </summary>
internal sealed class GraphOracle
{
    private readonly ModelProto _model;
    private readonly Dictionary<string, OracleTensor> _initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _bytes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exact;

    public GraphOracle(Artifact artifact)
    {
        _model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(artifact.ModelPath));
        _exact = _model.Graph.Output.Where(static output => output.Type.TensorType.ElemType == (int)OnnxElementType.Float32)
            .Select(static output => output.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in _model.Graph.Initializer)
        {
            var bytes = tensor.DataLocation == TensorProto.Types.DataLocation.External
                ? ReadExternal(artifact.Directory, tensor)
                : tensor.RawData.ToByteArray();
            var shape = tensor.Dims.Select(dimension => (int)dimension).ToArray();
            _bytes.Add(tensor.Name, bytes);
            _initializers.Add(tensor.Name, new OracleTensor(Decode(bytes, (OnnxElementType)tensor.DataType), shape));
        }
    }

    public ModelProto Model => _model;

    /// <summary>Told each value that a node computes, by name.</summary>
    public Action<string, OracleTensor>? Observer { get; init; }

    /// <summary>Rounds what a node computes, as storing it in a 16-bit type would; the graph's float32 outputs, recurrent states, are not.</summary>
    public Func<double, double>? Rounded { get; init; }

    /// <summary>Runs the graph once.</summary>
    public Dictionary<string, OracleTensor> Run(IReadOnlyDictionary<string, OracleTensor> inputs)
    {
        var values = new Dictionary<string, OracleTensor>(_initializers, StringComparer.Ordinal);
        foreach (var input in inputs)
            values.Add(input.Key, input.Value);
        foreach (var node in _model.Graph.Node)
        {
            var arguments = node.Input.Select(name => name.Length == 0 ? null : values[name]).ToArray();
            var results = Execute(node, index => index < arguments.Length ? arguments[index] : null);
            for (var i = 0; i < node.Output.Count; i++)
            {
                if (node.Output[i].Length == 0)
                    continue;
                var result = results[i] ?? throw new InvalidOperationException($"{node.OpType} gives no output {i}.");
                if (Rounded is not null && !_exact.Contains(node.Output[i]))
                    result = Map(result, Rounded);
                values.Add(node.Output[i], result);
                Observer?.Invoke(node.Output[i], result);
            }
        }

        return _model.Graph.Output.ToDictionary(output => output.Name, output => values[output.Name]);
    }

    private static byte[] ReadExternal(string directory, TensorProto tensor)
    {
        var entries = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
        using var file = File.OpenRead(Path.Combine(directory, entries["location"]));
        file.Seek(long.Parse(entries["offset"], System.Globalization.CultureInfo.InvariantCulture), SeekOrigin.Begin);
        var bytes = new byte[int.Parse(entries["length"], System.Globalization.CultureInfo.InvariantCulture)];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static double[] Decode(byte[] bytes, OnnxElementType type) => type switch
    {
        OnnxElementType.Float32 => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value)],
        OnnxElementType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(value => (double)value)],
        OnnxElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(value => (double)BFloat16Conversion.ToSingle(value))],
        OnnxElementType.Int64 => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(value => (double)value)],
        OnnxElementType.UInt8 => [],
        _ => throw new NotSupportedException($"{type}"),
    };

    private OracleTensor?[] Execute(NodeProto node, Func<int, OracleTensor?> x)
    {
        OracleTensor In(int index) => x(index) ?? throw new InvalidOperationException($"{node.Name}: input {index} is absent.");
        return $"{node.Domain}.{node.OpType}" switch
        {
            ".Gather" => [Gather(In(0), In(1), (int)node.Int("axis", 0))],
            ".Add" => [Zip(In(0), In(1), (left, right) => left + right)],
            ".Mul" => [Zip(In(0), In(1), (left, right) => left * right)],
            ".Slice" => [Slice(In(0), (int)In(1).Values[0], (int)In(2).Values[0])],
            ".Concat" => [Concat(In(0), In(1))],
            ".Cast" => [In(0)],
            ".Relu" => [Map(In(0), value => Math.Max(value, 0))],
            ".Tanh" => [Map(In(0), Math.Tanh)],
            ".Sigmoid" => [Map(In(0), OracleMath.Sigmoid)],
            ".Gelu" => [Map(In(0), node.Text("approximate") == "tanh" ? OracleMath.GeluTanh : OracleMath.Gelu)],
            ".LayerNormalization" => [Norm(In(0), In(1), In(2), node.Float("epsilon", 1e-5f), isCentred: true)],
            ".SimplifiedLayerNormalization" => [Norm(In(0), In(1), null, node.Float("epsilon", 1e-5f), isCentred: false)],
            "com.microsoft.SkipLayerNormalization" => SkipNorm(node, In(0), In(1), In(2), In(3), isCentred: true),
            "com.microsoft.SkipSimplifiedLayerNormalization" => SkipNorm(node, In(0), In(1), In(2), null, isCentred: false),
            "com.microsoft.QuickGelu" => [Map(In(0), value => value * OracleMath.Sigmoid(node.Float("alpha", 1.702f) * value))],
            "com.microsoft.FusedMatMul" => [Linear(In(0), In(1), null)],
            "edgefleet.GroupQueryAttention" => OracleAttention.GroupQuery(node, x),
            "edgefleet.Linear" => [Linear(In(0), In(1), x(2))],
            "edgefleet.MatMulNBits" => [Linear(In(0), MatMulNBits(node), x(5))],
            "edgefleet.QuantizedLinear" => [Linear(In(0), Quantized(node, node.Int("bits", 0)), x(3))],
            "edgefleet.QuantizedEmbedding" => [Gather(Quantized(node, 8), In(0), 0)],
            "edgefleet.Attention" => OracleAttention.Own(node, x),
            "edgefleet.RmsNorm" => OracleRecurrences.RmsNorm(node, x),
            "edgefleet.GatedActivation" => [Gated(node, In(0))],
            "edgefleet.CausalConv1d" => OracleRecurrences.CausalConv1d(node, x),
            "edgefleet.SelectiveScan" => OracleRecurrences.SelectiveScan(node, x),
            "edgefleet.StateSpaceDual" => OracleRecurrences.StateSpaceDual(node, x),
            "edgefleet.ConvStateSpaceDual" => OracleRecurrences.ConvStateSpaceDual(node, x),
            var unknown => throw new NotSupportedException(unknown),
        };
    }

    private static OracleTensor Map(OracleTensor x, Func<double, double> function) => x with { Values = [.. x.Values.Select(function)] };

    private static OracleTensor Zip(OracleTensor left, OracleTensor right, Func<double, double, double> function) =>
        left with { Values = [.. left.Values.Select((value, i) => function(value, right.Values[i % right.Values.Length]))] };

    private static OracleTensor Gather(OracleTensor data, OracleTensor indices, int axis)
    {
        if (axis == 0)
        {
            var width = data.Last;
            return new OracleTensor(
                [.. indices.Values.SelectMany(index => data.Values.AsSpan((int)index * width, width).ToArray())], [.. indices.Shape, width]);
        }

        var (batch, length, columns) = (data.Shape[0], data.Shape[1], data.Shape[2]);
        var values = new List<double>();
        for (var row = 0; row < batch; row++)
        {
            foreach (var index in indices.Values)
                values.AddRange(data.Values.AsSpan(((row * length) + (int)index) * columns, columns));
        }

        return new OracleTensor([.. values], batch, indices.Values.Length, columns);
    }

    private static OracleTensor Slice(OracleTensor x, int first, int end) => new(
        [.. Enumerable.Range(0, x.Rows).SelectMany(row => x.Values.AsSpan((row * x.Last) + first, end - first).ToArray())],
        [.. x.Shape[..^1], end - first]);

    private static OracleTensor Concat(OracleTensor left, OracleTensor right) => new(
        [
            .. Enumerable.Range(0, left.Rows).SelectMany(row => (double[])
            [
                .. left.Values.AsSpan(row * left.Last, left.Last), .. right.Values.AsSpan(row * right.Last, right.Last),
            ]),
        ],
        [.. left.Shape[..^1], left.Last + right.Last]);

    private static OracleTensor Norm(OracleTensor x, OracleTensor weight, OracleTensor? bias, double epsilon, bool isCentred)
    {
        var y = new double[x.Values.Length];
        for (var row = 0; row < x.Rows; row++)
        {
            var values = x.Values.AsSpan(row * x.Last, x.Last).ToArray();
            var mean = isCentred ? values.Average() : 0;
            var scale = 1 / Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + epsilon);
            for (var i = 0; i < x.Last; i++)
                y[(row * x.Last) + i] = ((values[i] - mean) * scale * weight.Values[i]) + (bias?.Values[i] ?? 0);
        }

        return x with { Values = y };
    }

    private static OracleTensor?[] SkipNorm(
        NodeProto node, OracleTensor x, OracleTensor skip, OracleTensor weight, OracleTensor? bias, bool isCentred)
    {
        var sum = Zip(x, skip, (left, right) => left + right);
        return [Norm(sum, weight, bias, node.Float("epsilon", 1e-5f), isCentred), null, null, sum];
    }

    private static OracleTensor Linear(OracleTensor x, OracleTensor weight, OracleTensor? bias)
    {
        var (rows, k, n) = (x.Rows, weight.Shape[1], weight.Shape[0]);
        Assert.Equal(k, x.Last);
        var y = new double[rows * n];
        Parallel.For(0, rows, row =>
        {
            for (var column = 0; column < n; column++)
            {
                double sum = bias?.Values[column] ?? 0;
                for (var i = 0; i < k; i++)
                    sum += x.Values[(row * k) + i] * weight.Values[(column * k) + i];
                y[(row * n) + column] = sum;
            }
        });
        return new OracleTensor(y, [.. x.Shape[..^1], n]);
    }

    private static OracleTensor Gated(NodeProto node, OracleTensor x)
    {
        var width = x.Last / 2;
        Func<double, double> activation = node.Text("activation") switch
        {
            "silu" => OracleMath.Silu,
            "gelu" => OracleMath.Gelu,
            "gelu_tanh" => OracleMath.GeluTanh,
            var unknown => throw new NotSupportedException(unknown),
        };
        return Zip(Map(Slice(x, 0, width), activation), Slice(x, width, x.Last), (gate, up) => gate * up);
    }

    private OracleTensor Quantized(NodeProto node, long bits)
    {
        var (n, k) = ((int)node.Int("n", 0), (int)node.Int("k", 0));
        return Dequantize(bits == 4 ? BlockLayout.Int4Tiled : BlockLayout.Int8RowMajor, _bytes[node.Input[1]], _bytes[node.Input[2]], n, k);
    }

    private OracleTensor MatMulNBits(NodeProto node)
    {
        var (n, k) = ((int)node.Int("N", 0), (int)node.Int("K", 0));
        var weights = _bytes[node.Input[1]];
        var isWide = node.Int("bits", 0) == 8;
        return Dequantize(
            isWide ? BlockLayout.Int8RowMajor : BlockLayout.MatMulNBitsFloat16,
            isWide ? [.. weights.Select(value => (byte)(value - 128))] : weights,
            _bytes[node.Input[2]],
            n,
            k);
    }

    private static OracleTensor Dequantize(BlockLayout layout, byte[] weights, byte[] scales, int n, int k)
    {
        var rows = new float[n * k];
        layout.Dequantize(weights, scales, k, rows);
        return new OracleTensor([.. rows.Select(value => (double)value)], n, k);
    }
}
