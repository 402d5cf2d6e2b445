using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;

namespace EdgeFleet.Models.Import;

/// <summary>
/// Makes a manifest for a decoder that another tool exported: a folder of ONNX Runtime GenAI, Optimum or mobius. The folder stays as it is.
/// </summary>
public static class ForeignImporter
{
    private const int GreatestLayer = 1 << 12;

    private static readonly ImmutableArray<string> Domains = ["", "ai.onnx", "com.microsoft", "edgefleet"];

    /// <summary>Reads a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="target">Provider to run on; null for the one that the folder was made for.</param>
    /// <param name="hasher">Hashes the folder's files.</param>
    /// <param name="cancellationToken">Ends the hashing.</param>
    /// <returns>The artifact, its manifest in memory alone.</returns>
    /// <exception cref="CheckpointException">The decoder cannot be run; the message says why.</exception>
    /// <exception cref="InvalidDataException">The model is no ONNX file.</exception>
    public static Artifact Import(string directory, ExportTarget? target, FileHasher hasher, CancellationToken cancellationToken)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!Directory.Exists(directory))
            throw new CheckpointException(directory, "is not a directory.", "Name the folder that holds the model.");

        var config = ForeignConfig.Read(directory);
        var path = Path.Combine(directory, config.ModelFile);
        var graph = ForeignGraphReader.Read(path);
        RefuseOperators(path, graph);
        var states = States(path, graph, config);
        var logits = Output(path, graph, config.LogitsName);
        var vocabulary = Vocabulary(path, logits, config);
        var layers = states.Max(state => state.Layer) + 1;
        var keys = states.Where(state => state.Kind == StateKind.Kv).ToList();
        var headSize = keys.Count > 0 ? keys[0].Shape[^1] : 0;
        var manifest = new ArtifactManifest
        {
            Schema = ArtifactManifest.CurrentSchema,
            Name = Path.GetFileName(directory),
            Architecture = "foreign",
            Family = (keys.Count > 0, keys.Count < states.Length) switch
            {
                (true, true) => ModelFamily.Hybrid,
                (true, false) => ModelFamily.Transformer,
                _ => ModelFamily.Ssm,
            },
            Target = (target ?? config.Target).Name(),
            Precision = Precision(graph, logits, keys),
            Weights = new WeightsManifest("foreign", null, ImmutableSortedDictionary<string, string>.Empty),
            Parameters = ForeignCost.Parameters(graph),
            Vocabulary = vocabulary,
            Layers = layers,
            Hidden = config.Hidden ?? HiddenOfTable(path, graph, vocabulary),
            TrainedContext = config.Context,
            PositionLimit = config.HasBoundedTables ? config.Context : null,
            Inputs = Inputs(path, graph, config, states),
            LogitsOutput = logits.Name,
            Rotary = [],
            States = states,
            Routes = Routes(graph, states),
            Cost = ForeignCost.Of(graph, vocabulary, headSize, config.Heads, keys.Select(state => state.Layer).Distinct().Count()),
            MinimumOperatorVersion = graph.Nodes.Any(node => node.Domain == OperatorDomain.EdgeFleet) ? 1 : 0,
            Exporter = "foreign",
            Tokens = config.Tokens,
            Files = Files(directory, config.ModelFile, graph, hasher, cancellationToken),
        };
        ManifestValidator.Validate(manifest, path);
        return new Artifact(directory, manifest);
    }

    private static void RefuseOperators(string path, ForeignGraph graph)
    {
        foreach (var node in graph.Nodes)
        {
            if (!Domains.Contains(node.Domain, StringComparer.Ordinal))
            {
                throw new CheckpointException(
                    $"{path}, node '{node.Name}'",
                    $"is of the operator domain '{node.Domain}', which needs a library that is not at hand.",
                    "Export the model with standard, com.microsoft or edgefleet operators.");
            }

            if (node.OpType == "If")
            {
                throw new CheckpointException(
                    $"{path}, node '{node.Name}'",
                    "is an If: decoders that hold a branch with and one without cache are not supported.",
                    "Export the decoder with its cache alone (Optimum: without merging).");
            }
        }
    }

    private static ImmutableArray<StateManifest> States(string path, ForeignGraph graph, ForeignConfig config)
    {
        var states = ImmutableArray.CreateBuilder<StateManifest>();
        foreach (var input in graph.Inputs)
        {
            var found = config.States.Select(pattern => (Pattern: pattern, Layer: pattern.Match(input.Name))).FirstOrDefault(match => match.Layer is not null);
            if (found.Layer is not { } layer)
                continue;

            if (layer >= GreatestLayer)
                throw Refuse(path, input.Name, $"belongs to layer {layer}; at most {GreatestLayer} layers are supported.");
            var output = found.Pattern.Output(layer);
            if (!graph.Outputs.Any(candidate => candidate.Name == output))
                throw Refuse(path, input.Name, $"has no output '{output}' that gives the state back.");
            states.Add(State(path, input, output, layer, found.Pattern.Kind, config));
        }

        if (states.Count == 0)
        {
            throw new CheckpointException(
                path, "has no inputs for states: it is a decoder without a cache.", "Export the decoder with its cache (Optimum: text-generation-with-past).");
        }

        return [.. states.OrderBy(state => state.Layer)];
    }

    private static StateManifest State(string path, ValueInfoProto input, string output, int layer, StateKind kind, ForeignConfig config)
    {
        var type = ElementType(path, input);
        if (type is not (OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16))
        {
            throw Refuse(path, input.Name, $"has the element type {type.ManifestName()}; states must be float32, float16 or bfloat16, quantised caches are not supported.");
        }

        var dimensions = Dimensions(input);
        var isKv = kind == StateKind.Kv;
        if (dimensions.Length < 2 || (isKv && dimensions.Length != 4))
            throw Refuse(path, input.Name, $"has {dimensions.Length} dimensions; {(isKv ? "4 are" : "at least 2 are")} expected.");

        var shape = ImmutableArray.CreateBuilder<long>();
        shape.Add(StateManifest.Batch);
        for (var axis = 1; axis < dimensions.Length; axis++)
        {
            if (isKv && axis == 2)
                shape.Add(StateManifest.Capacity);
            else
                shape.Add(dimensions[axis] ?? throw Refuse(path, input.Name, $"has no fixed size in dimension {axis}."));
        }

        if (isKv && dimensions[2] is { } capacity)
            throw Refuse(path, input.Name, $"has a fixed capacity of {capacity} positions; it must be symbolic.");
        return new StateManifest(
            layer, kind, input.Name, output, type.ManifestName(), shape.ToImmutable(), isKv && !config.SharesBuffer ? StateUpdate.Append : StateUpdate.InPlace);
    }

    private static ImmutableArray<InputManifest> Inputs(
        string path, ForeignGraph graph, ForeignConfig config, ImmutableArray<StateManifest> states)
    {
        var inputs = ImmutableArray.CreateBuilder<InputManifest>();
        var stateNames = states.Select(state => state.Input).ToHashSet(StringComparer.Ordinal);
        foreach (var input in graph.Inputs.Where(input => !stateNames.Contains(input.Name)))
        {
            var usual = config.InputNames.FirstOrDefault(name => name.Value == input.Name).Key ?? input.Name;
            InputRole role = usual switch
            {
                "input_ids" => InputRole.TokenIds,
                "attention_mask" => InputRole.AttentionMask,
                "position_ids" => InputRole.PositionIds,
                "logits_indices" => InputRole.LogitsIndices,
                "past_length" => InputRole.PastLength,
                "seqlens_k" => InputRole.LastPositions,
                "total_sequence_length" => InputRole.TotalLength,
                _ => throw Refuse(path, input.Name, "is an input whose meaning is not known."),
            };
            var type = ElementType(path, input);
            if (type is not (OnnxElementType.Int64 or OnnxElementType.Int32))
                throw Refuse(path, input.Name, $"has the element type {type.ManifestName()}; int64 or int32 is expected.");
            if (role == InputRole.TokenIds && Dimensions(input) is var tokens && (tokens.Length != 2 || tokens[1] is not null))
            {
                throw Refuse(path, input.Name, "does not have the shape [batch, tokens] with any number of tokens; graphs for single tokens have no prefill.");
            }

            inputs.Add(new InputManifest(input.Name, role, type.ManifestName()));
        }

        return inputs.ToImmutable();
    }

    private static ValueInfoProto Output(string path, ForeignGraph graph, string name) =>
        graph.Outputs.FirstOrDefault(output => output.Name == name)
        ?? throw new CheckpointException(
            path, $"has no output '{name}'; it has {string.Join(", ", graph.Outputs.Take(4).Select(output => $"'{output.Name}'"))}.", "Export a decoder with logits.");

    private static int Vocabulary(string path, ValueInfoProto logits, ForeignConfig config)
    {
        if (ElementType(path, logits) is not (OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16))
            throw Refuse(path, logits.Name, "must be float32, float16 or bfloat16.");

        var dimensions = Dimensions(logits);
        if (dimensions.Length == 3 && dimensions[2] is > 0 and <= int.MaxValue and var rows)
            return (int)rows;
        return config.Vocabulary ?? throw Refuse(path, logits.Name, "does not say its last dimension, and no configuration beside it says vocab_size.");
    }

    private static int HiddenOfTable(string path, ForeignGraph graph, int vocabulary)
    {
        var table = graph.Nodes
            .Where(node => node.OpType == "Gather" && node.Input.Count > 0)
            .Select(node => graph.Initializers.GetValueOrDefault(node.Input[0]))
            .FirstOrDefault(tensor => tensor is { Shape: [var rows, <= int.MaxValue] } && rows == vocabulary);
        return table is null
            ? throw new CheckpointException(path, "does not tell its width.", "Put config.json or genai_config.json with hidden_size beside it.")
            : (int)table.Shape[1];
    }

    private static PrecisionManifest Precision(ForeignGraph graph, ValueInfoProto logits, List<StateManifest> keys)
    {
        var state = keys.Count > 0 ? keys[0].Type : ((OnnxElementType)logits.Type.TensorType.ElemType).ManifestName();
        var bits = graph.Nodes
            .Where(node => node.OpType == "MatMulNBits")
            .Select(node => node.Attribute.FirstOrDefault(attribute => attribute.Name == "bits")?.I ?? 4)
            .DefaultIfEmpty(0)
            .Min();
        var name = state switch
        {
            "float16" => "fp16",
            "bfloat16" => "bf16",
            _ => "fp32",
        };
        return bits == 0 ? new PrecisionManifest(name, state, state, state) : new PrecisionManifest($"int{bits}", $"int{bits}", state, state);
    }

    // The mixer of a layer is the node that reads one of its states.
    private static ImmutableArray<RouteManifest> Routes(ForeignGraph graph, ImmutableArray<StateManifest> states)
    {
        var readers = graph.Nodes
            .SelectMany(node => node.Input.Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).Select(name => (Name: name, Node: node)))
            .ToLookup(reader => reader.Name, reader => reader.Node, StringComparer.Ordinal);
        return
        [
            .. states
                .Where(state => state.Kind != StateKind.Convolution)
                .SelectMany(state => readers[state.Input].Take(1).Select(node => new RouteManifest(
                    state.Layer,
                    OperatorDomain.Qualify(node.Domain == "ai.onnx" ? "" : node.Domain, node.OpType),
                    node switch
                    {
                        { OpType: "Scan" } => "scan",
                        { OpType: "Loop" } => "loop",
                        { Domain: OperatorDomain.Microsoft } => "contrib",
                        { Domain: OperatorDomain.EdgeFleet } => "fused-custom",
                        _ => "onnx-function",
                    })))
                .Distinct(),
        ];
    }

    private static ImmutableArray<FileManifest> Files(
        string directory, string model, ForeignGraph graph, FileHasher hasher, CancellationToken cancellationToken)
    {
        var names = graph.Initializers.Values.Select(tensor => tensor.Location).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var files = ImmutableArray.CreateBuilder<FileManifest>();
        foreach (var name in names.Prepend(model))
        {
            if (Path.GetFileName(name) != name)
            {
                throw new CheckpointException(
                    $"{directory}, external data '{name}'", "is not a plain name.", "Weights must lie beside the model.");
            }

            var file = new FileInfo(Path.Combine(directory, name));
            if (!file.Exists)
                throw new CheckpointException(directory, $"holds no {name}, in which the model has weights.", "Download or export all files.");
            files.Add(new FileManifest(name, file.Length, hasher.Sha256(file.FullName, cancellationToken)));
        }

        return files.ToImmutable();
    }

    private static OnnxElementType ElementType(string path, ValueInfoProto value)
    {
        var type = (OnnxElementType)(value.Type?.TensorType?.ElemType ?? 0);
        return Enum.IsDefined(type) && type != OnnxElementType.None
            ? type
            : throw Refuse(path, value.Name, $"has an element type (ONNX number {(int)type}) that is not supported.");
    }

    private static ImmutableArray<long?> Dimensions(ValueInfoProto value) =>
    [
        .. (value.Type?.TensorType?.Shape?.Dim ?? []).Select(dimension =>
            dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? dimension.DimValue : (long?)null),
    ];

    private static CheckpointException Refuse(string path, string value, string what) => new(
        $"{path}, '{value}'", what, "See docs/export.md, Foreign decoders, for what can be run.");
}
