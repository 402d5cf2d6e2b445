using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>The inputs of a graph that are not states. Each is declared when a block first needs it.</summary>
/// <param name="builder">The graph.</param>
/// <param name="activations">Type of activations, and so of the rotary tables.</param>
internal sealed class DecoderInputs(GraphBuilder builder, OnnxElementType activations)
{
    private readonly Dictionary<InputRole, GraphValue> _values = [];
    private readonly List<InputManifest> _manifests = [];

    /// <summary>The inputs in the order of declaration.</summary>
    public IReadOnlyList<InputManifest> Manifests => _manifests;

    /// <summary>Token ids, int64 [batch, tokens].</summary>
    public GraphValue TokenIds => Get(InputRole.TokenIds, "input_ids", OnnxElementType.Int64, "batch", "tokens");

    /// <summary>Positions of this call that get logits, int64 [positions].</summary>
    public GraphValue LogitsIndices => Get(InputRole.LogitsIndices, "logits_indices", OnnxElementType.Int64, "positions");

    /// <summary>Position of each token, int64 [batch, tokens].</summary>
    public GraphValue PositionIds => Get(InputRole.PositionIds, "position_ids", OnnxElementType.Int64, "batch", "tokens");

    /// <summary>Tokens already in the state, int64 [1].</summary>
    public GraphValue PastLength => Get(InputRole.PastLength, "past_length", OnnxElementType.Int64, 1);

    /// <summary>Past and new tokens minus one, int32 [batch].</summary>
    public GraphValue LastPositions => Get(InputRole.LastPositions, "seqlens_k", OnnxElementType.Int32, "batch");

    /// <summary>Past and new tokens, an int32 scalar.</summary>
    public GraphValue TotalLength => Get(InputRole.TotalLength, "total_sequence_length", OnnxElementType.Int32);

    /// <summary>The rotary tables [rows, dimension / 2].</summary>
    /// <param name="dimension">Rotated channels per head.</param>
    public (GraphValue Cos, GraphValue Sin) Rotary(int dimension) => (
        Get(InputRole.RotaryCos, "rotary_cos", activations, "rotary_rows", dimension / 2),
        Get(InputRole.RotarySin, "rotary_sin", activations, "rotary_rows", dimension / 2));

    private GraphValue Get(InputRole role, string name, OnnxElementType type, params ReadOnlySpan<Dimension> shape)
    {
        if (!_values.TryGetValue(role, out var value))
        {
            value = builder.Input(name, type, shape);
            _values.Add(role, value);
            _manifests.Add(new InputManifest(name, role, type.ManifestName()));
        }

        return value;
    }
}
