using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>Builds Mamba-2 mixers: one projection to gate, x, B, C and dt, convolution, state space duality, gated norm, projection out.</summary>
internal sealed class Mamba2Mixer(DecoderGraph graph, DecoderLowering lowering)
{
    // Per state element: decay * S, B * (dt * x), sum; and C * S with its sum.
    private const int FlopPerStateElement = 5;

    /// <summary>Adds the nodes.</summary>
    public GraphValue Build(Mamba2Block block, GraphValue x)
    {
        var prefix = block.Prefix;
        var packed = Project(block, x);
        var convolution = new ConvolutionBlock(
            block.Layer,
            $"{prefix}.conv1d",
            block.ConvChannels,
            block.ConvWidth,
            graph.Tensor($"{prefix}.conv1d.weight", block.ConvChannels, 1, block.ConvWidth),
            graph.Optional(block.HasConvBias, $"{prefix}.conv1d.bias", block.ConvChannels),
            block.ConvActivation);
        var y = IsOneOperator(block) ? ConvolveAndRecur(block, packed, convolution) : Recur(block, packed, convolution);
        if (block.Norm is { } norm)
        {
            y = lowering.GroupRmsNorm(
                $"{prefix}.norm", y, 0, block.Inner, graph.Tensor($"{prefix}.norm.weight", block.Inner), norm, packed);
        }

        return graph.Linear(
            $"{prefix}.out_proj",
            y,
            graph.Tensor($"{prefix}.out_proj.weight", block.Hidden, block.Inner).Times(block.OutputMultiplier),
            graph.Optional(block.HasOutBias, $"{prefix}.out_proj.bias", block.Hidden)?.Times(block.OutputMultiplier));
    }

    // The multipliers act on the projection's output, so they scale its rows; the one of the input scales the weights but not the bias.
    private GraphValue Project(Mamba2Block block, GraphValue x)
    {
        var rows = block.Inner + block.ConvChannels + block.Heads;
        var weight = graph.Tensor($"{block.Prefix}.in_proj.weight", rows, block.Hidden);
        var bias = graph.Optional(block.HasInBias, $"{block.Prefix}.in_proj.bias", rows);
        return graph.Linear(
            $"{block.Prefix}.in_proj", x, ScaleParts(block, weight).Times(block.InputMultiplier), bias is null ? null : ScaleParts(block, bias));
    }

    private static WeightMatrix ScaleParts(Mamba2Block block, WeightMatrix matrix)
    {
        if (block.PartMultipliers.All(multiplier => multiplier == 1))
            return matrix;

        ReadOnlySpan<int> widths = [block.Inner, block.Inner, block.GroupWidth, block.GroupWidth, block.Heads];
        var parts = new List<WeightMatrix>();
        long first = 0;
        for (var i = 0; i < widths.Length; i++)
        {
            parts.Add(matrix.SliceRows(first, widths[i]).Times(block.PartMultipliers[i]));
            first += widths[i];
        }

        return WeightMatrix.Stack([.. parts]);
    }

    // The operator has the activations of CausalConv1d.
    private bool IsOneOperator(Mamba2Block block) => lowering.FusesConvolution && block.ConvActivation is Activation.Silu or Activation.Linear;

    private GraphValue ConvolveAndRecur(Mamba2Block block, GraphValue packed, ConvolutionBlock convolution)
    {
        var window = lowering.ConvolutionOperands(convolution);
        var recurrence = RecurrenceOperands(block, "ConvStateSpaceDual");
        var scope = $"{block.Prefix}.scan";
        return lowering.Builder.Nodes(
            OperatorDomain.EdgeFleet,
            "ConvStateSpaceDual",
            scope,
            [
                packed,
                packed,
                Gate(block, packed),
                window.Weight,
                window.Bias,
                recurrence.Decay,
                recurrence.Skip,
                recurrence.StepBias,
                window.Past,
                recurrence.Past,
            ],
            [new GraphValue($"{scope}.out", packed.Type), window.Present, recurrence.Present],
            [
                NodeAttribute.Text("activation", block.ConvActivation == Activation.Silu ? "silu" : "none"),
                NodeAttribute.Int("input_offset", block.Inner),
                .. StepAttributes(block),
            ])[0];
    }

    private GraphValue Recur(Mamba2Block block, GraphValue packed, ConvolutionBlock convolution)
    {
        var xbc = lowering.Convolution($"{block.Prefix}.conv1d", convolution, packed, offset: block.Inner);
        var recurrence = RecurrenceOperands(block, "StateSpaceDual");
        var scope = $"{block.Prefix}.scan";
        return lowering.Builder.Nodes(
            OperatorDomain.EdgeFleet,
            "StateSpaceDual",
            scope,
            [
                xbc,
                packed,
                recurrence.Decay,
                xbc,
                xbc,
                recurrence.Skip,
                Gate(block, packed),
                recurrence.StepBias,
                recurrence.Past,
            ],
            [new GraphValue($"{scope}.out", xbc.Type), recurrence.Present],
            [
                .. StepAttributes(block),
                NodeAttribute.Int("b_offset", block.Inner),
                NodeAttribute.Int("c_offset", block.Inner + block.GroupWidth),
            ])[0];
    }

    // With a norm the gate is the norm's.
    private static GraphValue Gate(Mamba2Block block, GraphValue packed) => block.Norm is null ? packed : GraphValue.Absent;

    private static IEnumerable<AttributeProto> StepAttributes(Mamba2Block block)
    {
        yield return NodeAttribute.Int("num_groups", block.Groups);
        yield return NodeAttribute.Flag("dt_softplus", true);
        yield return NodeAttribute.Float("dt_min", (float)block.MinimumTimeStep);
        yield return NodeAttribute.Int("dt_offset", block.Inner + block.ConvChannels);
        if (block.MaximumTimeStep < float.MaxValue)
            yield return NodeAttribute.Float("dt_max", (float)block.MaximumTimeStep);
    }

    private (GraphValue Decay, GraphValue Skip, GraphValue StepBias, GraphValue Past, GraphValue Present) RecurrenceOperands(Mamba2Block block, string operatorName)
    {
        var prefix = block.Prefix;
        var decay = new DenseRecipe(
            $"{prefix}.A", OnnxElementType.Float32, graph.Tensor($"{prefix}.A_log", block.Heads), [block.Heads], ElementTransform.NegativeExponential);
        var (past, present) = lowering.States.Recurrent(block.Layer, block.Heads, block.StateSize, block.HeadSize);
        lowering.Cost.AddPerToken((FlopPerStateElement * (long)block.Inner * block.StateSize) + (3L * block.Inner));
        lowering.Routes.Add(new RouteManifest(block.Layer, OperatorDomain.Qualify(OperatorDomain.EdgeFleet, operatorName), "fused-custom"));
        return (
            lowering.Weight(decay),
            lowering.Dense($"{prefix}.D", graph.Tensor($"{prefix}.D", block.Heads), OnnxElementType.Float32, block.Heads),
            lowering.Dense($"{prefix}.dt_bias", graph.Tensor($"{prefix}.dt_bias", block.Heads), OnnxElementType.Float32, block.Heads),
            past,
            present);
    }
}
