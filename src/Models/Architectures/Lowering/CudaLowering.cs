using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;
using EdgeFleet.Models.Quantization;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>
/// Lowering for CUDA: EdgeFleet's operators, whose kernels of a decode step fetch their weights while the one in front still runs. What a GPU has no
/// kernel of ours for they give to ONNX Runtime's from inside.
/// </summary>
/// <param name="plan">Precision.</param>
/// <param name="builder">The graph.</param>
internal sealed class CudaLowering(LoweringPlan plan, GraphBuilder builder) : DecoderLowering(plan, builder)
{
    // GroupQueryAttention rotates in vectors of this many frequencies and reads heads in 16-byte vectors of 16-bit elements.
    private const int RotaryGranularity = 8;
    private const int HeadGranularity = 8;

    /// <inheritdoc/>
    public override bool FusesConvolution => true;

    /// <inheritdoc/>
    public override GraphValue Embedding(string scope, GraphValue ids, WeightMatrix table, bool isTokenTable)
    {
        Cost.ReadWeights(table.Columns * Type.Bytes());
        var weight = Builder.Initializer(new DenseRecipe(InitializerName($"{scope}.weight", table), Type, table, [table.Rows, table.Columns]));
        return Builder.Node(OperatorDomain.Standard, "Gather", scope, [weight, ids], Type, NodeAttribute.Int("axis", 0));
    }

    /// <inheritdoc/>
    public override GraphValue Linear(string scope, GraphValue x, WeightMatrix weight, WeightMatrix? bias)
    {
        Cost.Project(weight.Rows, weight.Columns);
        return Multiply(scope, x, weight, bias, bits: 4);
    }

    /// <inheritdoc/>
    public override GraphValue Head(GraphValue x, WeightMatrix table)
    {
        Cost.ProjectHead(table.Rows, table.Columns);
        return Multiply("lm_head", x, table, bias: null, bits: 8);
    }

    /// <inheritdoc/>
    public override GraphValue Attention(string scope, AttentionBlock block, AttentionInputs inputs)
    {
        if (Type == OnnxElementType.Float32)
            return OwnAttention.Lower(this, scope, block, inputs);

        RefuseUnsupported(block);
        var (query, key, value) = block.QueryNorm is null ? inputs : Normalize(scope, block, inputs);
        var (pastKey, presentKey) = States.KeyValue(block.Layer, "key", Type, block.KvHeads, block.HeadSize);
        var (pastValue, presentValue) = States.KeyValue(block.Layer, "value", Type, block.KvHeads, block.HeadSize);
        var (cos, sin) = block.IsRotary ? Inputs.Rotary(RotaryDimension!.Value) : (GraphValue.Absent, GraphValue.Absent);
        Cost.Attend(block.Heads, block.HeadSize, block.Window);
        Routes.Add(new RouteManifest(block.Layer, OperatorDomain.Qualify(OperatorDomain.EdgeFleet, "GroupQueryAttention"), "fused-custom"));
        return Builder.Nodes(
            OperatorDomain.EdgeFleet,
            "GroupQueryAttention",
            scope,
            [query, key, value, pastKey, pastValue, Inputs.LastPositions, Inputs.TotalLength, cos, sin],
            [new GraphValue($"{scope}.out", Type), presentKey, presentValue],
            NodeAttribute.Int("num_heads", block.Heads),
            NodeAttribute.Int("kv_num_heads", block.KvHeads),
            NodeAttribute.Float("scale", (float)(block.Scale ?? 0)),
            NodeAttribute.Int("local_window_size", block.Window ?? -1),
            NodeAttribute.Flag("do_rotary", block.IsRotary),
            NodeAttribute.Int("rotary_interleaved", 0))[0];
    }

    private static AttentionInputs Separate(AttentionInputs inputs, GraphValue query, GraphValue key, GraphValue value) =>
        inputs with { Query = query, Key = key, Value = value };

    private void RefuseUnsupported(AttentionBlock block)
    {
        if (block.HeadSize % HeadGranularity != 0 || (block.IsRotary && RotaryDimension / 2 % RotaryGranularity != 0))
        {
            throw new CheckpointException(
                $"layer {block.Layer}, head size {block.HeadSize} with {(block.IsRotary ? RotaryDimension : 0)} rotated channels, target cuda",
                $"GroupQueryAttention takes head sizes that are multiples of {HeadGranularity} and rotated channels " +
                $"that are multiples of {2 * RotaryGranularity}.",
                "Use precision fp32.");
        }
    }

    private AttentionInputs Normalize(string scope, AttentionBlock block, AttentionInputs inputs)
    {
        GraphValue Part(string name, GraphValue separate, int offset, int heads, WeightMatrix weight) => GroupRmsNorm(
            $"{scope}.{name}",
            inputs.IsPacked ? inputs.Query : separate,
            inputs.IsPacked ? offset : 0,
            heads * block.HeadSize,
            weight.Repeat(heads),
            new GatedNormBlock(heads, block.NormEpsilon, IsBeforeGate: false),
            GraphValue.Absent);

        return Separate(
            inputs,
            Part("q_norm", inputs.Query, 0, block.Heads, block.QueryNorm!),
            Part("k_norm", inputs.Key, block.QueryWidth, block.KvHeads, block.KeyNorm!),
            inputs.IsPacked ? Slice($"{scope}.value", inputs.Query, block.QueryWidth + block.KvWidth, block.KvWidth) : inputs.Value);
    }

    private GraphValue Multiply(string scope, GraphValue x, WeightMatrix weight, WeightMatrix? bias, int bits)
    {
        var addend = bias is null ? GraphValue.Absent : Dense($"{scope}.bias", bias, Type, bias.Rows);
        if (Plan.Precision != ExportPrecision.Int4 || !BlockLayout.Supports(weight.Columns))
        {
            var dense = Dense($"{scope}.weight", weight, Type, weight.Rows, weight.Columns);
            return Builder.Node(OperatorDomain.EdgeFleet, "Linear", scope, [x, dense, addend], Type);
        }

        var quantized = new QuantizedMatrix(InitializerName($"{scope}.weight", weight), weight, bits, QuantizedConsumer.MatMulNBits);
        return Builder.Node(
            OperatorDomain.EdgeFleet,
            "MatMulNBits",
            scope,
            [x, Weight(quantized.Weight), Weight(quantized.Scale), GraphValue.Absent, GraphValue.Absent, addend],
            Type,
            NodeAttribute.Int("K", weight.Columns),
            NodeAttribute.Int("N", weight.Rows),
            NodeAttribute.Int("bits", bits),
            NodeAttribute.Int("block_size", BlockLayout.BlockSize));
    }
}
