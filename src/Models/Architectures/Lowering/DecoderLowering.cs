using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Initializers;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Turns a decoder's blocks into nodes for one target and precision. What all targets share is here.</summary>
/// <param name="plan">Target and precision.</param>
/// <param name="builder">The graph.</param>
internal abstract class DecoderLowering(LoweringPlan plan, GraphBuilder builder)
{
    /// <summary>Target and precision.</summary>
    public LoweringPlan Plan => plan;

    /// <summary>The graph.</summary>
    public GraphBuilder Builder => builder;

    /// <summary>Inputs that are not states.</summary>
    public DecoderInputs Inputs { get; } = new(builder, plan.Activations);

    /// <summary>States.</summary>
    public DecoderStates States { get; } = new(builder);

    /// <summary>Costs.</summary>
    public CostLedger Cost { get; } = new();

    /// <summary>Routes of the sequence mixers.</summary>
    public List<RouteManifest> Routes { get; } = [];

    /// <summary>Rotated channels per head of the graph's rotary tables; null where nothing is rotated.</summary>
    public int? RotaryDimension { get; set; }

    /// <summary>Whether a Mamba-2 mixer's convolution is a part of its recurrence's operator, which has a kernel for both of a decode step.</summary>
    public virtual bool FusesConvolution => false;

    /// <summary>Type of activations.</summary>
    protected OnnxElementType Type => plan.Activations;

    /// <summary>Rows of a table by token id or position.</summary>
    /// <param name="scope">Where in the model the node is.</param>
    /// <param name="ids">int64 [batch, tokens].</param>
    /// <param name="table">[entries, width].</param>
    /// <param name="isTokenTable">Whether it is the table of tokens, which the head may share and which is quantised with it.</param>
    public abstract GraphValue Embedding(string scope, GraphValue ids, WeightMatrix table, bool isTokenTable);

    /// <summary>x * weight^T + bias.</summary>
    public abstract GraphValue Linear(string scope, GraphValue x, WeightMatrix weight, WeightMatrix? bias);

    /// <summary>The head: logits of the chosen positions, in the type of activations.</summary>
    /// <param name="x">Normalised hidden values [batch, positions, width].</param>
    /// <param name="table">[vocabulary, width].</param>
    public abstract GraphValue Head(GraphValue x, WeightMatrix table);

    /// <summary>RMS norm over a residual stream, with the pending addition.</summary>
    public NormOutputs RmsNorm(string scope, Residual residual, WeightMatrix weight, double epsilon, bool needsSum)
    {
        // The operator's weights are float32 on every target.
        var gamma = Dense($"{scope}.weight", weight, OnnxElementType.Float32, weight.Rows);
        var isAdding = residual.Pending.IsPresent;
        var sum = isAdding && needsSum ? new GraphValue($"{scope}.sum", Type) : GraphValue.Absent;
        var outputs = builder.Nodes(
            OperatorDomain.EdgeFleet,
            "RmsNorm",
            scope,
            isAdding ? [residual.Pending, gamma, GraphValue.Absent, residual.Stream] : [residual.Stream, gamma],
            [new GraphValue($"{scope}.out", Type), sum],
            NodeAttribute.Int("channels", weight.Rows),
            NodeAttribute.Float("epsilon", (float)epsilon));
        return new NormOutputs(outputs[0], isAdding ? sum : residual.Stream);
    }

    /// <summary>Attention with its cache.</summary>
    public abstract GraphValue Attention(string scope, AttentionBlock block, AttentionInputs inputs);

    /// <summary>Layer norm with bias over a residual stream, with the pending addition.</summary>
    public NormOutputs LayerNorm(string scope, Residual residual, WeightMatrix weight, WeightMatrix bias, double epsilon, bool needsSum)
    {
        var gamma = Dense($"{scope}.weight", weight, Type, weight.Rows);
        var beta = Dense($"{scope}.bias", bias, Type, bias.Rows);
        var attribute = NodeAttribute.Float("epsilon", (float)epsilon);
        if (!residual.Pending.IsPresent)
        {
            var only = builder.Node(
                OperatorDomain.Standard, "LayerNormalization", scope, [residual.Stream, gamma, beta], Type, attribute, NodeAttribute.Int("axis", -1));
            return new NormOutputs(only, residual.Stream);
        }

        var sum = needsSum ? new GraphValue($"{scope}.sum", Type) : GraphValue.Absent;
        var outputs = builder.Nodes(
            OperatorDomain.Microsoft,
            "SkipLayerNormalization",
            scope,
            [residual.Pending, residual.Stream, gamma, beta],
            [new GraphValue($"{scope}.out", Type), GraphValue.Absent, GraphValue.Absent, sum],
            attribute);
        return new NormOutputs(outputs[0], sum);
    }

    /// <summary>RMS norm of a part of a packed tensor, in groups, with or without weight and gate.</summary>
    /// <param name="scope">Where in the model the node is.</param>
    /// <param name="x">[batch, tokens, >= offset + channels].</param>
    /// <param name="offset">First channel.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="weight">[channels]; null for ones.</param>
    /// <param name="norm">Groups, epsilon and where the gate is applied.</param>
    /// <param name="gate">Gate, whose first channels are used; absent for none.</param>
    public GraphValue GroupRmsNorm(
        string scope, GraphValue x, int offset, int channels, WeightMatrix? weight, GatedNormBlock norm, GraphValue gate)
    {
        var gamma = weight is null ? GraphValue.Absent : Dense($"{scope}.weight", weight, OnnxElementType.Float32, weight.Rows);
        return builder.Node(
            OperatorDomain.EdgeFleet,
            "RmsNorm",
            scope,
            [x, gamma, gate],
            Type,
            NodeAttribute.Int("channels", channels),
            NodeAttribute.Int("num_groups", norm.Groups),
            NodeAttribute.Float("epsilon", (float)norm.Epsilon),
            NodeAttribute.Flag("norm_before_gate", norm.IsBeforeGate),
            NodeAttribute.Int("x_offset", offset));
    }

    /// <summary>act(first half) * second half of the last dimension.</summary>
    public GraphValue GatedActivation(string scope, GraphValue x, int width, Activation activation)
    {
        var name = activation switch
        {
            Activation.Silu => "silu",
            Activation.Gelu => "gelu",
            Activation.GeluTanh => "gelu_tanh",
            _ => null,
        };
        if (name is not null)
        {
            return builder.Node(OperatorDomain.EdgeFleet, "GatedActivation", scope, [x], Type, NodeAttribute.Text("activation", name));
        }

        var gate = Activate($"{scope}.gate", Slice($"{scope}.gate_part", x, 0, width), activation);
        return Multiply(scope, gate, Slice($"{scope}.up_part", x, width, width));
    }

    /// <summary>An activation function of each element.</summary>
    public GraphValue Activate(string scope, GraphValue x, Activation activation)
    {
        switch (activation)
        {
            case Activation.Linear:
                return x;
            case Activation.Relu:
                return Unary("Relu", scope, x);
            case Activation.ReluSquared:
                var positive = Unary("Relu", $"{scope}.relu", x);
                return Multiply(scope, positive, positive);
            case Activation.Tanh:
                return Unary("Tanh", scope, x);
            case Activation.Sigmoid:
                return Unary("Sigmoid", scope, x);
            case Activation.Silu:
                return builder.Node(OperatorDomain.Microsoft, "QuickGelu", scope, [x], Type, NodeAttribute.Float("alpha", 1));
            case Activation.QuickGelu:
                return builder.Node(OperatorDomain.Microsoft, "QuickGelu", scope, [x], Type, NodeAttribute.Float("alpha", 1.702f));
            case Activation.Gelu:
                return builder.Node(OperatorDomain.Standard, "Gelu", scope, [x], Type, NodeAttribute.Text("approximate", "none"));
            case Activation.GeluTanh:
                return builder.Node(OperatorDomain.Standard, "Gelu", scope, [x], Type, NodeAttribute.Text("approximate", "tanh"));
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "Unknown activation.");
        }
    }

    /// <summary>Causal depthwise convolution of a part of a packed tensor, with its window.</summary>
    public GraphValue Convolution(string scope, ConvolutionBlock block, GraphValue x, int offset)
    {
        var operands = ConvolutionOperands(block);
        var isFused = block.Activation == Activation.Silu;
        var outputs = builder.Nodes(
            OperatorDomain.EdgeFleet,
            "CausalConv1d",
            scope,
            [x, operands.Weight, operands.Bias, operands.Past],
            [new GraphValue($"{scope}.out", Type), operands.Present],
            NodeAttribute.Text("activation", isFused ? "silu" : "none"),
            NodeAttribute.Int("input_offset", offset));
        return isFused ? outputs[0] : Activate($"{scope}.activation", outputs[0], block.Activation);
    }

    /// <summary>Weights and window of a convolution, whose cost is counted.</summary>
    public ConvolutionOperands ConvolutionOperands(ConvolutionBlock block)
    {
        var (past, present) = States.Convolution(block.Layer, Type, block.Width - 1, block.Channels);
        var weight = Dense($"{block.Prefix}.weight", block.Weight, OnnxElementType.Float32, block.Channels, block.Width);
        var bias = block.Bias is null ? GraphValue.Absent : Dense($"{block.Prefix}.bias", block.Bias, OnnxElementType.Float32, block.Channels);
        Cost.AddPerToken(2L * block.Width * block.Channels);
        return new ConvolutionOperands(weight, bias, past, present);
    }

    /// <summary>A float initialiser.</summary>
    public GraphValue Dense(string name, WeightMatrix matrix, OnnxElementType type, params ReadOnlySpan<long> shape) =>
        Weight(new DenseRecipe(InitializerName(name, matrix), type, matrix, [.. shape]));

    /// <summary>An initialiser that each step reads whole.</summary>
    public GraphValue Weight(InitializerRecipe recipe)
    {
        Cost.ReadWeights(recipe.Bytes);
        return builder.Initializer(recipe);
    }

    /// <summary>Some channels of the last dimension, copied.</summary>
    public GraphValue Slice(string scope, GraphValue x, long first, long count) => builder.Node(
        OperatorDomain.Standard, "Slice", scope, [x, builder.Constant(first), builder.Constant(first + count), builder.Constant(-1)], x.Type);

    /// <summary>The sum of two tensors of one shape.</summary>
    public GraphValue Add(string scope, GraphValue left, GraphValue right) =>
        builder.Node(OperatorDomain.Standard, "Add", scope, [left, right], left.Type);

    /// <summary>The product of two tensors of one shape.</summary>
    public GraphValue Multiply(string scope, GraphValue left, GraphValue right) =>
        builder.Node(OperatorDomain.Standard, "Mul", scope, [left, right], left.Type);

    /// <summary>A tensor times a number.</summary>
    public GraphValue Multiply(string scope, GraphValue x, double factor) =>
        factor == 1 ? x : Multiply(scope, x, builder.Scalar((float)factor, x.Type));

    /// <summary>Tensors behind each other in the last dimension.</summary>
    public GraphValue Concat(string scope, params ReadOnlySpan<GraphValue> parts) =>
        builder.Node(OperatorDomain.Standard, "Concat", scope, parts, parts[0].Type, NodeAttribute.Int("axis", -1));

    /// <summary>An initialiser carries its tensor's name where it is one tensor, so that shared tensors are shared in the graph.</summary>
    protected static string InitializerName(string name, WeightMatrix matrix) =>
        matrix.Blocks is [{ Tensor: { } tensor, FirstRow: 0, Scale: 1 }] ? tensor : name;

    private GraphValue Unary(string operatorName, string scope, GraphValue x) =>
        builder.Node(OperatorDomain.Standard, operatorName, scope, [x], x.Type);
}
