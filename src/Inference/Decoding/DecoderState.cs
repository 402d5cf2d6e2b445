using System.Collections.Immutable;

namespace EdgeFleet.Inference.Decoding;

/// <summary>All state tensors of one decoder, allocated once for a batch and a capacity.</summary>
public sealed class DecoderState : IDisposable
{
    private readonly ImmutableArray<StateSlot> _slots;

    internal DecoderState(DecoderSession session, DecoderShape shape)
    {
        _slots = [.. session.Manifest.States.Select(state => new StateSlot(session, state, shape))];
        Bytes =
        [
            .. _slots.GroupBy(static slot => slot.Manifest.Kind).OrderBy(static group => group.Key).Select(group => new StateBytes(
                group.Key,
                group.Sum(slot => slot.Manifest.Bytes(shape.Batch, shape.TotalLength)),
                group.Sum(static slot => slot.AllocatedBytes))),
        ];
    }

    /// <summary>Memory by kind; kinds that the model lacks are absent.</summary>
    public ImmutableArray<StateBytes> Bytes { get; }

    internal ImmutableArray<StateSlot> Slots => _slots;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Dispose();
        }
    }

    internal void Clear()
    {
        foreach (var slot in _slots)
        {
            slot.Clear();
        }
    }
}
