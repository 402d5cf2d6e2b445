using System.Collections.Immutable;
using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// What architectures are written in: a decoder's blocks in execution order. Every tensor that is asked for is declared with its shape, so that
/// the list of tensors and the graph cannot disagree.
/// </summary>
internal sealed class DecoderGraph
{
    private readonly GraphBuilder _builder = new("decoder");
    private readonly DecoderLowering _lowering;
    private readonly Dictionary<string, DecoderTensor> _tensorsByName = new(StringComparer.Ordinal);
    private readonly List<DecoderTensor> _tensors = [];
    private readonly List<RotaryManifest> _rotary = [];
    private GraphValue _logits;

    /// <summary>Starts a graph.</summary>
    public DecoderGraph(LoweringPlan plan) => _lowering = plan.Target switch
    {
        ExportTarget.Cpu => new CpuLowering(plan, _builder),
        ExportTarget.Cuda => new CudaLowering(plan, _builder),
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.Target, "Unknown target."),
    };

    /// <summary>A tensor of the checkpoint as a matrix: the first dimension by all others.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape.</param>
    public WeightMatrix Tensor(string name, params ReadOnlySpan<long> shape) => Tensor(name, [], shape);

    /// <summary>A tensor that checkpoints may have under other names.</summary>
    public WeightMatrix Tensor(string name, ImmutableArray<string> aliases, params ReadOnlySpan<long> shape)
    {
        var tensor = new DecoderTensor(name, [.. shape], aliases);
        if (!_tensorsByName.TryGetValue(name, out var known))
        {
            _tensorsByName.Add(name, tensor);
            _tensors.Add(tensor);
        }
        else if (!known.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new InvalidOperationException($"Tensor '{name}' is declared with two shapes.");
        }

        return WeightMatrix.Of(name, shape[0], tensor.Elements / shape[0]);
    }

    /// <summary>A vector of the checkpoint if it is there, else null.</summary>
    public WeightMatrix? Optional(bool isPresent, string name, long length) => isPresent ? Tensor(name, length) : null;

    /// <summary>Sets the rotary tables of the graph.</summary>
    public void UseRotary(RotaryParameters parameters)
    {
        var (cos, sin) = _lowering.Inputs.Rotary(parameters.Dimension);
        _lowering.RotaryDimension = parameters.Dimension;
        _rotary.Add(new RotaryManifest(cos.Name, sin.Name, parameters.Dimension, parameters.Base, parameters.Scaling));
    }

    /// <summary>Rows of the token table, times a factor.</summary>
    /// <param name="table">[vocabulary, hidden].</param>
    /// <param name="multiplier">Factor.</param>
    /// <param name="isTied">Whether the head has the same table; then the factor is applied to the rows and not to the table.</param>
    public GraphValue Embedding(WeightMatrix table, double multiplier, bool isTied)
    {
        var rows = _lowering.Embedding("embedding", _lowering.Inputs.TokenIds, isTied ? table : table.Times(multiplier), isTokenTable: true);
        return isTied ? _lowering.Multiply("embedding.multiplied", rows, multiplier) : rows;
    }

    /// <summary>Rows of a table of learned positions.</summary>
    /// <param name="table">[positions, hidden].</param>
    public GraphValue PositionEmbedding(WeightMatrix table) =>
        _lowering.Embedding("position_embedding", _lowering.Inputs.PositionIds, table, isTokenTable: false);

    /// <summary>RMS norm over the residual stream.</summary>
    /// <returns>The normalised values, and the stream with nothing pending.</returns>
    public (GraphValue Normalized, Residual Residual) RmsNorm(string scope, Residual residual, WeightMatrix weight, double epsilon)
    {
        var outputs = _lowering.RmsNorm(scope, residual, weight, epsilon, needsSum: true);
        return (outputs.Normalized, Residual.Of(outputs.Sum));
    }

    /// <summary>RMS norm whose input is not used again.</summary>
    public GraphValue LastRmsNorm(string scope, Residual residual, WeightMatrix weight, double epsilon) =>
        _lowering.RmsNorm(scope, residual, weight, epsilon, needsSum: false).Normalized;

    /// <summary>Layer norm over the residual stream.</summary>
    public (GraphValue Normalized, Residual Residual) LayerNorm(
        string scope, Residual residual, WeightMatrix weight, WeightMatrix bias, double epsilon)
    {
        var outputs = _lowering.LayerNorm(scope, residual, weight, bias, epsilon, needsSum: true);
        return (outputs.Normalized, Residual.Of(outputs.Sum));
    }

    /// <summary>Layer norm whose input is not used again.</summary>
    public GraphValue LastLayerNorm(string scope, Residual residual, WeightMatrix weight, WeightMatrix bias, double epsilon) =>
        _lowering.LayerNorm(scope, residual, weight, bias, epsilon, needsSum: false).Normalized;

    /// <summary>x * weight^T + bias.</summary>
    public GraphValue Linear(string scope, GraphValue x, WeightMatrix weight, WeightMatrix? bias = null) =>
        _lowering.Linear(scope, x, weight, bias);

    /// <summary>Attention with its cache.</summary>
    public GraphValue Attention(string scope, AttentionBlock block, AttentionInputs inputs) => _lowering.Attention(scope, block, inputs);

    /// <summary>act(first half) * second half.</summary>
    public GraphValue GatedActivation(string scope, GraphValue x, int width, Activation activation) =>
        _lowering.GatedActivation(scope, x, width, activation);

    /// <summary>An activation function.</summary>
    public GraphValue Activate(string scope, GraphValue x, Activation activation) => _lowering.Activate(scope, x, activation);

    /// <summary>The sum of two tensors.</summary>
    public GraphValue Add(string scope, GraphValue left, GraphValue right) => _lowering.Add(scope, left, right);

    /// <summary>Two tensors behind each other in the last dimension.</summary>
    public GraphValue Concat(string scope, GraphValue left, GraphValue right) => _lowering.Concat(scope, left, right);

    /// <summary>A Mamba-1 mixer with its projections.</summary>
    public GraphValue Mamba1(Mamba1Block block, GraphValue x) => new Mamba1Mixer(this, _lowering).Build(block, x);

    /// <summary>A Mamba-2 mixer with its projections.</summary>
    public GraphValue Mamba2(Mamba2Block block, GraphValue x) => new Mamba2Mixer(this, _lowering).Build(block, x);

    /// <summary>The head: logits of the chosen positions become the graph's output.</summary>
    /// <param name="normalized">The normalised stream.</param>
    /// <param name="table">[vocabulary, hidden].</param>
    public void Head(GraphValue normalized, WeightMatrix table)
    {
        var chosen = _builder.Node(
            OperatorDomain.Standard,
            "Gather",
            "logits_positions",
            [normalized, _lowering.Inputs.LogitsIndices],
            normalized.Type,
            NodeAttribute.Int("axis", 1));
        _logits = _lowering.Head(chosen, table);
        _builder.Output(_logits, "batch", "positions", table.Rows);
    }

    /// <summary>The finished decoder.</summary>
    public BuiltDecoder Build(
        string architecture, ModelFamily family, DecoderDimensions dimensions, TokensManifest tokens, ImmutableArray<string> ignorable) => new()
    {
        Description = new DecoderDescription
        {
            Architecture = architecture,
            Family = family,
            Vocabulary = dimensions.Vocabulary,
            Layers = dimensions.Layers,
            Hidden = dimensions.Hidden,
            TrainedContext = dimensions.TrainedContext,
            PositionLimit = dimensions.PositionLimit,
            Tokens = tokens,
            Tensors = [.. _tensors],
            Ignorable = ignorable,
        },
        Graph = _builder,
        Precision = _lowering.Plan.Manifest,
        Inputs = [.. _lowering.Inputs.Manifests],
        LogitsOutput = _logits.IsPresent ? _logits.Name : throw new InvalidOperationException("The graph has no head."),
        Rotary = [.. _rotary],
        States = [.. _lowering.States.Manifests],
        Routes = [.. _lowering.Routes],
        Cost = _lowering.Cost.Total(),
    };
}
