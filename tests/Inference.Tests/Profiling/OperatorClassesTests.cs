using EdgeFleet.Inference.Profiling;
using Xunit;

namespace EdgeFleet.Inference.Tests.Profiling;

public sealed class OperatorClassesTests
{
    [Theory]
    [InlineData("Linear", "model.layers.0.mlp.down_proj", OperatorClass.Gemm)]
    [InlineData("QuantizedLinear", "lm_head", OperatorClass.LmHead)]
    [InlineData("MatMulNBits", "/lm_head/MatMulNBits", OperatorClass.LmHead)]
    [InlineData("Gather", "embedding", OperatorClass.Embedding)]
    [InlineData("Gather", "logits_positions", OperatorClass.Memory)]
    [InlineData("SelectiveScan", "x", OperatorClass.SsmScan)]
    [InlineData("ConvStateSpaceDual", "x", OperatorClass.SsmScan)]
    [InlineData("CausalConv1d", "x", OperatorClass.CausalConv)]
    [InlineData("GroupQueryAttention", "x", OperatorClass.Attention)]
    [InlineData("SkipSimplifiedLayerNormalization", "x", OperatorClass.Normalization)]
    [InlineData("GatedActivation", "x", OperatorClass.Activation)]
    [InlineData("Mul", "x", OperatorClass.Elementwise)]
    [InlineData("MemcpyToHost", "x", OperatorClass.Memory)]
    [InlineData("ArgMax", "x", OperatorClass.Sampling)]
    [InlineData("NeverHeardOf", "x", OperatorClass.Other)]
    public void A_nodes_class_follows_from_its_type_and_name(string type, string node, OperatorClass expected) =>
        Assert.Equal(expected, OperatorClasses.Of(type, node));

    [Fact]
    public void Every_class_has_a_name_of_its_own()
    {
        var classes = Enum.GetValues<OperatorClass>();

        Assert.Equal(classes.Length, classes.Select(static value => value.Name()).Distinct().Count());
    }
}
