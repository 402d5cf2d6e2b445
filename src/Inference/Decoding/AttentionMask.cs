using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>A mask of ones over past and new tokens, which foreign decoders want; it is bound anew for each run, as it grows.</summary>
internal sealed class AttentionMask : IDisposable
{
    private readonly DecoderSession _session;
    private readonly OrtTensorDescription _input;
    private readonly int _batch;
    private readonly IntegerInput _ones;

    public AttentionMask(DecoderSession session, OrtTensorDescription input, DecoderShape shape)
    {
        _session = session;
        _input = input;
        _batch = shape.Batch;
        _ones = new IntegerInput(session, input with { OnHost = true }, [shape.Batch, shape.Capacity]);
        _ones.Fill(1);
    }

    public void Bind(OrtIoBinding binding, long length)
    {
        // All elements are ones, so that a prefix of the memory is a mask of any length. On a device, binding copies it there.
        using var value = OrtValue.Over(
            _session.HostMemory, _ones.Buffer.Address, _batch * length * _input.Type.Bytes(), _input.Type, [_batch, length]);
        binding.BindInput(_input.Name, value);
    }

    public void Dispose() => _ones.Dispose();
}
