namespace EdgeFleet.Inference.Decoding;

/// <summary>A decoder's state at one length, to come back to; caches need no copy, as entries past the length are not read.</summary>
public sealed class DecoderCheckpoint : IDisposable
{
    private readonly (StateSlot Slot, HostMemory Content)[] _contents;

    internal DecoderCheckpoint(Decoder decoder, IEnumerable<StateSlot> slots, int length, long[] next)
    {
        Decoder = decoder;
        Length = length;
        NextTokens = next;
        _contents = [.. slots.Select(static slot => (slot, new HostMemory(slot.Buffer.Bytes)))];
        foreach (var (slot, content) in _contents)
        {
            slot.Buffer.CopyTo(content);
        }
    }

    /// <summary>Tokens in the state.</summary>
    public int Length { get; }

    internal Decoder Decoder { get; }

    internal long[] NextTokens { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, content) in _contents)
        {
            content.Dispose();
        }
    }

    internal void Restore()
    {
        foreach (var (slot, content) in _contents)
        {
            slot.Buffer.CopyFrom(content);
        }
    }
}
