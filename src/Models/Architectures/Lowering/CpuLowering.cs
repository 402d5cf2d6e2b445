using EdgeFleet.Models.Export;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;
using EdgeFleet.Models.Quantization;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Lowering for the CPU: float32 activations, EdgeFleet's own dense operators.</summary>
/// <param name="plan">Precision.</param>
/// <param name="builder">The graph.</param>
internal sealed class CpuLowering(LoweringPlan plan, GraphBuilder builder) : DecoderLowering(plan, builder)
{
    private const int TableBits = 8;

    /// <inheritdoc/>
    public override GraphValue Embedding(string scope, GraphValue ids, WeightMatrix table, bool isTokenTable)
    {
        if (!isTokenTable || !IsQuantized(table))
        {
            Cost.ReadWeights(table.Columns * Type.Bytes());
            var weight = Builder.Initializer(new DenseRecipe(InitializerName($"{scope}.weight", table), Type, table, [table.Rows, table.Columns]));
            return Builder.Node(OperatorDomain.Standard, "Gather", scope, [weight, ids], Type, NodeAttribute.Int("axis", 0));
        }

        var quantized = Quantized($"{scope}.weight", table, TableBits);
        Cost.ReadWeights((quantized.Layout.WeightBytes(1, (int)table.Columns) + quantized.Layout.ScaleBytes(1, (int)table.Columns)));
        return Builder.Node(
            OperatorDomain.EdgeFleet,
            "QuantizedEmbedding",
            scope,
            [ids, Builder.Initializer(quantized.Weight), Builder.Initializer(quantized.Scale)],
            Type,
            NodeAttribute.Int("bits", TableBits),
            NodeAttribute.Int("n", table.Rows),
            NodeAttribute.Int("k", table.Columns),
            NodeAttribute.Int("block_size", BlockLayout.BlockSize));
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
        return Multiply("lm_head", x, table, bias: null, TableBits);
    }

    /// <inheritdoc/>
    public override GraphValue Attention(string scope, AttentionBlock block, AttentionInputs inputs) =>
        OwnAttention.Lower(this, scope, block, inputs);

    private static QuantizedMatrix Quantized(string name, WeightMatrix matrix, int bits) =>
        new(InitializerName(name, matrix), matrix, bits, QuantizedConsumer.QuantizedLinear);

    private GraphValue Multiply(string scope, GraphValue x, WeightMatrix weight, WeightMatrix? bias, int bits)
    {
        var addend = bias is null ? GraphValue.Absent : Dense($"{scope}.bias", bias, Type, bias.Rows);
        if (!IsQuantized(weight))
        {
            var dense = Dense($"{scope}.weight", weight, Type, weight.Rows, weight.Columns);
            return Builder.Node(OperatorDomain.EdgeFleet, "Linear", scope, [x, dense, addend], Type);
        }

        var quantized = Quantized($"{scope}.weight", weight, bits);
        return Builder.Node(
            OperatorDomain.EdgeFleet,
            "QuantizedLinear",
            scope,
            [x, Weight(quantized.Weight), Weight(quantized.Scale), addend],
            Type,
            NodeAttribute.Int("bits", bits),
            NodeAttribute.Int("n", weight.Rows),
            NodeAttribute.Int("k", weight.Columns),
            NodeAttribute.Int("block_size", BlockLayout.BlockSize));
    }

    private bool IsQuantized(WeightMatrix matrix) => Plan.Precision == ExportPrecision.Int4 && BlockLayout.Supports(matrix.Columns);
}
