using System.Runtime.InteropServices;
using EdgeFleet.Models.Onnx.Format;
using EdgeFleet.Models.Onnx.Initializers;
using EdgeFleet.Models.Weights;
using Google.Protobuf;

namespace EdgeFleet.Models.Onnx;

/// <summary>
/// Builds an ONNX graph node by node, in execution order. Values are typed; weights are recipes that a writer fills later.
/// The same calls always give the same graph.
/// </summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto _graph;
    private readonly SortedSet<string> _domains = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodeNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphValue> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InitializerRecipe> _recipesByName = new(StringComparer.Ordinal);
    private readonly List<InitializerRecipe> _recipes = [];

    /// <summary>Starts an empty graph.</summary>
    /// <param name="name">Name of the graph.</param>
    public GraphBuilder(string name) => _graph = new GraphProto { Name = name };

    /// <summary>Initialisers that go into the external data, in the order of first use.</summary>
    public IReadOnlyList<InitializerRecipe> Recipes => _recipes;

    /// <summary>Whether a node of EdgeFleet's own domain is in the graph.</summary>
    public bool UsesOwnOperators => _domains.Contains(OperatorDomain.EdgeFleet);

    /// <summary>Declares a graph input.</summary>
    public GraphValue Input(string name, OnnxElementType type, params ReadOnlySpan<Dimension> shape)
    {
        _graph.Input.Add(Describe(name, type, shape));
        return new GraphValue(name, type);
    }

    /// <summary>Declares a value as graph output.</summary>
    public void Output(GraphValue value, params ReadOnlySpan<Dimension> shape) => _graph.Output.Add(Describe(value.Name, value.Type, shape));

    /// <summary>A weight. Recipes of one name are one initialiser, so that tied tables are stored once.</summary>
    public GraphValue Initializer(InitializerRecipe recipe)
    {
        if (_recipesByName.TryGetValue(recipe.Name, out var known))
        {
            if (!known.HasSameContent(recipe))
                throw new InvalidOperationException($"Two different initialisers are called '{recipe.Name}'.");
        }
        else
        {
            _recipesByName.Add(recipe.Name, recipe);
            _recipes.Add(recipe);
        }

        return new GraphValue(recipe.Name, recipe.Type);
    }

    /// <summary>A small constant vector of indices, stored in the graph itself.</summary>
    public GraphValue Constant(params ReadOnlySpan<long> values) =>
        Constant($"int64[{string.Join(',', values.ToArray())}]", OnnxElementType.Int64, MemoryMarshal.AsBytes(values), values.Length);

    /// <summary>A scalar constant, stored in the graph itself.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">float32, float16 or bfloat16.</param>
    public GraphValue Scalar(float value, OnnxElementType type)
    {
        var name = FormattableString.Invariant($"{type.ManifestName()}[{value:R}]");
        return type switch
        {
            OnnxElementType.Float32 => Constant(name, type, MemoryMarshal.AsBytes<float>([value])),
            OnnxElementType.Float16 => Constant(name, type, MemoryMarshal.AsBytes<Half>([(Half)value])),
            OnnxElementType.BFloat16 => Constant(name, type, MemoryMarshal.AsBytes<ushort>([BFloat16Conversion.FromSingle(value)])),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A scalar is float32, float16 or bfloat16."),
        };
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="domain">Domain of <paramref name="operatorName"/>.</param>
    /// <param name="operatorName">Operator.</param>
    /// <param name="name">Name of the node, unique in the graph; it says where in the model the node is.</param>
    /// <param name="inputs">Inputs; trailing absent ones are left out.</param>
    /// <param name="type">Element type of the output.</param>
    /// <param name="attributes">Attributes.</param>
    public GraphValue Node(
        string domain, string operatorName, string name, ReadOnlySpan<GraphValue> inputs, OnnxElementType type, params ReadOnlySpan<AttributeProto> attributes) =>
        Nodes(domain, operatorName, name, inputs, [new GraphValue($"{name}.out", type)], attributes)[0];

    /// <summary>Adds a node with the given outputs; absent ones are not computed.</summary>
    public GraphValue[] Nodes(
        string domain,
        string operatorName,
        string name,
        ReadOnlySpan<GraphValue> inputs,
        ReadOnlySpan<GraphValue> outputs,
        params ReadOnlySpan<AttributeProto> attributes)
    {
        if (!_nodeNames.Add(name))
            throw new InvalidOperationException($"Two nodes are called '{name}'.");

        var node = new NodeProto { Name = name, OpType = operatorName, Domain = domain };
        node.Input.AddRange(Trim(inputs).Select(value => value.Name));
        node.Output.AddRange(Trim(outputs).Select(value => value.Name));
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        _graph.Node.Add(node);
        _domains.Add(domain);
        return outputs.ToArray();
    }

    /// <summary>The finished model.</summary>
    /// <param name="dataFile">Name of the external data file.</param>
    /// <param name="layout">Where each recipe's bytes are in it.</param>
    /// <param name="producer">Producer and its version.</param>
    public ModelProto Build(string dataFile, ExternalDataLayout layout, (string Name, string Version) producer)
    {
        var graph = _graph.Clone();
        foreach (var recipe in _recipes)
        {
            var (offset, bytes) = layout[recipe.Name];
            var tensor = new TensorProto
            {
                Name = recipe.Name,
                DataType = (int)recipe.Type,
                DataLocation = TensorProto.Types.DataLocation.External,
            };
            tensor.Dims.AddRange(recipe.Shape);
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = dataFile });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = FormattableString.Invariant($"{offset}") });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = FormattableString.Invariant($"{bytes}") });
            graph.Initializer.Add(tensor);
        }

        var model = new ModelProto
        {
            IrVersion = OperatorDomain.IrVersion,
            ProducerName = producer.Name,
            ProducerVersion = producer.Version,
            Graph = graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = OperatorDomain.Standard, Version = OperatorDomain.StandardVersion });
        foreach (var domain in _domains.Where(domain => domain.Length > 0))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        return model;
    }

    private static GraphValue[] Trim(ReadOnlySpan<GraphValue> values)
    {
        var count = values.Length;
        while (count > 0 && !values[count - 1].IsPresent)
            count--;
        return values[..count].ToArray();
    }

    private static ValueInfoProto Describe(string name, OnnxElementType type, ReadOnlySpan<Dimension> shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto() };
        foreach (var dimension in shape)
        {
            tensor.Shape.Dim.Add(dimension.Size is { } size
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = dimension.Symbol });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private GraphValue Constant(string name, OnnxElementType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
    {
        if (_constants.TryGetValue(name, out var known))
            return known;

        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape.ToArray());
        _graph.Initializer.Add(tensor);
        return _constants[name] = new GraphValue(name, type);
    }
}
