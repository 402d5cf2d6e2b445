using EdgeFleet.Models.Architectures.Lowering;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures;

/// <summary>Builds Mamba-1 mixers: projection in, convolution, selective scan with gate, projection out.</summary>
internal sealed class Mamba1Mixer(DecoderGraph graph, DecoderLowering lowering)
{
    // Per state element: dt * A, exp, decay * h, B * (dt * u), sum; and C * h with its sum.
    private const int FlopPerStateElement = 7;

    /// <summary>Adds the nodes.</summary>
    public GraphValue Build(Mamba1Block block, GraphValue x)
    {
        var prefix = block.Prefix;
        var inner = block.Inner;
        var (rank, states) = (block.TimeStepRank, block.StateSize);
        var packed = graph.Linear(
            $"{prefix}.in_proj",
            x,
            graph.Tensor($"{prefix}.in_proj.weight", 2 * inner, block.Hidden),
            graph.Optional(block.HasProjectionBias, $"{prefix}.in_proj.bias", 2 * inner));
        var convolution = new ConvolutionBlock(
            block.Layer,
            $"{prefix}.conv1d",
            inner,
            block.ConvWidth,
            graph.Tensor($"{prefix}.conv1d.weight", inner, 1, block.ConvWidth),
            graph.Optional(block.HasConvBias, $"{prefix}.conv1d.bias", inner),
            block.ConvActivation);
        var u = lowering.Convolution($"{prefix}.conv1d", convolution, packed, offset: 0);
        var parameters = graph.Linear($"{prefix}.x_proj", u, graph.Tensor($"{prefix}.x_proj.weight", rank + (2 * states), inner));
        var (dt, b, c) = Split(block, parameters);
        var delta = graph.Linear($"{prefix}.dt_proj", dt, graph.Tensor($"{prefix}.dt_proj.weight", inner, rank));
        var y = Scan(block, u, delta, packed, b, c);
        return graph.Linear(
            $"{prefix}.out_proj",
            y,
            graph.Tensor($"{prefix}.out_proj.weight", block.Hidden, inner),
            graph.Optional(block.HasProjectionBias, $"{prefix}.out_proj.bias", block.Hidden));
    }

    private (GraphValue Dt, (GraphValue Value, int Offset) B, (GraphValue Value, int Offset) C) Split(Mamba1Block block, GraphValue parameters)
    {
        var (rank, states) = (block.TimeStepRank, block.StateSize);
        if (block.ParameterNormEpsilon is not { } epsilon)
            return (lowering.Slice($"{block.Prefix}.dt", parameters, 0, rank), (parameters, rank), (parameters, rank + states));

        var norm = new GatedNormBlock(1, epsilon, IsBeforeGate: false);
        GraphValue Normalize(string name, int offset, int channels) =>
            lowering.GroupRmsNorm($"{block.Prefix}.{name}_norm", parameters, offset, channels, weight: null, norm, GraphValue.Absent);

        return (Normalize("dt", 0, rank), (Normalize("b", rank, states), 0), (Normalize("c", rank + states, states), 0));
    }

    private GraphValue Scan(
        Mamba1Block block,
        GraphValue u,
        GraphValue delta,
        GraphValue packed,
        (GraphValue Value, int Offset) b,
        (GraphValue Value, int Offset) c)
    {
        var prefix = block.Prefix;
        var (inner, states) = (block.Inner, block.StateSize);
        var decay = new DenseRecipe(
            $"{prefix}.A",
            OnnxElementType.Float32,
            graph.Tensor($"{prefix}.A_log", inner, states),
            [states, inner],
            ElementTransform.NegativeExponential,
            transposed: true);
        var (past, present) = lowering.States.Recurrent(block.Layer, states, inner);
        lowering.Cost.AddPerToken((FlopPerStateElement * (long)inner * states) + (5L * inner));
        lowering.Routes.Add(new RouteManifest(block.Layer, OperatorDomain.Qualify(OperatorDomain.EdgeFleet, "SelectiveScan"), "fused-custom"));
        var scope = $"{prefix}.scan";
        return lowering.Builder.Nodes(
            OperatorDomain.EdgeFleet,
            "SelectiveScan",
            scope,
            [
                u,
                delta,
                lowering.Weight(decay),
                b.Value,
                c.Value,
                lowering.Dense($"{prefix}.D", graph.Tensor($"{prefix}.D", inner), OnnxElementType.Float32, inner),
                packed,
                lowering.Dense($"{prefix}.dt_proj.bias", graph.Tensor($"{prefix}.dt_proj.bias", inner), OnnxElementType.Float32, inner),
                past,
            ],
            [new GraphValue($"{scope}.out", u.Type), present],
            NodeAttribute.Flag("delta_softplus", true),
            NodeAttribute.Int("b_offset", b.Offset),
            NodeAttribute.Int("c_offset", c.Offset),
            NodeAttribute.Int("z_offset", inner))[0];
    }
}
