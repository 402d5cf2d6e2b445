using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>The states of a graph: declares their inputs and outputs, which have one shape and may be one buffer.</summary>
/// <param name="builder">The graph.</param>
internal sealed class DecoderStates(GraphBuilder builder)
{
    private readonly List<StateManifest> _manifests = [];

    /// <summary>The states in the order of declaration.</summary>
    public IReadOnlyList<StateManifest> Manifests => _manifests;

    /// <summary>Declares the keys or values of a layer, [batch, heads, capacity, head size].</summary>
    /// <returns>The input, and the value that the operator must give as output.</returns>
    public (GraphValue Past, GraphValue Present) KeyValue(int layer, string name, OnnxElementType type, int heads, int headSize) =>
        Declare(layer, StateKind.Kv, "past_key_values", name, type, [StateManifest.Batch, heads, StateManifest.Capacity, headSize]);

    /// <summary>Declares the window of a convolution, [batch, width - 1, channels].</summary>
    public (GraphValue Past, GraphValue Present) Convolution(int layer, OnnxElementType type, int rows, int channels) =>
        Declare(layer, StateKind.Convolution, "past_states", "conv_state", type, [StateManifest.Batch, rows, channels]);

    /// <summary>Declares the state of a recurrence, float32.</summary>
    /// <param name="layer">Decoder layer.</param>
    /// <param name="shape">Dimensions behind the batch.</param>
    public (GraphValue Past, GraphValue Present) Recurrent(int layer, params ReadOnlySpan<long> shape) =>
        Declare(layer, StateKind.Recurrent, "past_states", "ssm_state", OnnxElementType.Float32, [StateManifest.Batch, .. shape]);

    private (GraphValue Past, GraphValue Present) Declare(
        int layer, StateKind kind, string prefix, string name, OnnxElementType type, ImmutableArray<long> shape)
    {
        var dimensions = shape.Select(dimension => dimension switch
        {
            StateManifest.Batch => (Dimension)"batch",
            StateManifest.Capacity => "capacity",
            _ => dimension,
        }).ToArray();
        var input = $"{prefix}.{layer}.{name}";
        var output = $"present.{layer}.{name}";
        var present = new GraphValue(output, type);
        _manifests.Add(new StateManifest(layer, kind, input, output, type.ManifestName(), shape, StateUpdate.InPlace));
        var past = builder.Input(input, type, dimensions);
        builder.Output(present, dimensions);
        return (past, present);
    }
}
