using System.Collections.Frozen;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Onnx.Initializers;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Export;

/// <summary>
/// Binds a decoder's tensors to those of a weight source: checks that each is there under one of its names with the right shape, and that
/// nothing is left over.
/// </summary>
internal sealed class WeightBinding : IRowReader
{
    private readonly IWeightSource _source;
    private readonly FrozenDictionary<string, string> _names;

    /// <summary>Binds and checks all tensors.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, has another shape, or is surplus.</exception>
    public WeightBinding(DecoderDescription description, IWeightSource source)
    {
        _source = source;
        var ledger = new WeightLedger(source);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tensor in description.Tensors)
        {
            var present = tensor.Aliases.Prepend(tensor.Name).Where(source.Contains).ToList();
            foreach (var name in present)
                ledger.Expect(name, tensor.Shape.AsSpan());
            if (present.Count == 0)
                ledger.Expect(tensor.Name, tensor.Shape.AsSpan());
            names.Add(tensor.Name, present[0]);
        }

        ledger.EnsureAllRead(description.Ignorable.AsSpan());
        _names = names.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public void ReadRows(string tensor, long firstRow, Span<float> destination) => _source.ReadRows(_names[tensor], firstRow, destination);
}
