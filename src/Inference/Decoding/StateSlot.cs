using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>One state tensor: a single buffer that is input and output, or two that take turns where the graph appends.</summary>
internal sealed class StateSlot : IDisposable
{
    private readonly DecoderSession _session;
    private readonly OrtTensorDescription _input;
    private readonly long[] _shape;
    private readonly int _growing;
    private TensorBuffer _current;
    private TensorBuffer? _other;

    public StateSlot(DecoderSession session, StateManifest manifest, DecoderShape shape)
    {
        _session = session;
        Manifest = manifest;
        _input = session.Input(manifest.Input);
        _shape =
        [
            .. manifest.Shape.Select(dimension => dimension switch
            {
                StateManifest.Batch => shape.Batch,
                StateManifest.Capacity => shape.Capacity,
                _ => dimension,
            }),
        ];
        _growing = manifest.Shape.IndexOf(StateManifest.Capacity);
        if (manifest.Update == StateUpdate.Append && _growing < 0)
        {
            throw new DecoderException($"State '{manifest.Input}' is appended to but has no dimension that grows.");
        }

        _current = TensorBuffer.State(session, _input, _shape);
        _other = manifest.Update == StateUpdate.Append ? TensorBuffer.State(session, _input, _shape) : null;
    }

    public StateManifest Manifest { get; }

    public long AllocatedBytes => _current.Bytes + (_other?.Bytes ?? 0);

    /// <summary>Whether the tensors change their shape with each run.</summary>
    public bool Grows => _other is not null;

    /// <summary>The buffer of a state that is updated in place.</summary>
    public TensorBuffer Buffer => _current;

    public void Clear()
    {
        _current.Clear();
        _other?.Clear();
    }

    /// <summary>Binds the past with its present length, and the other buffer for the result.</summary>
    public void BindGrowing(OrtIoBinding binding, long past, long tokens)
    {
        using var input = View(_current, past);
        using var output = View(_other!, past + tokens);
        binding.BindInput(Manifest.Input, input);
        binding.BindOutput(Manifest.Output, output);
    }

    /// <summary>One sequence's part of a state that is updated in place; batch is the outermost dimension.</summary>
    public OrtValue Sequence(int sequence)
    {
        long[] shape = [.. _shape];
        var bytes = _current.Bytes / shape[0];
        shape[0] = 1;
        return Over(_current.Address + (nint)(bytes * sequence), bytes, shape);
    }

    /// <summary>After a run, what was the output is the state.</summary>
    public void Swap() => (_current, _other) = (_other!, _current);

    public void Dispose()
    {
        _current.Dispose();
        _other?.Dispose();
    }

    private OrtValue View(TensorBuffer buffer, long length)
    {
        long[] shape = [.. _shape];
        shape[_growing] = length;
        var bytes = shape.Aggregate((long)_input.Type.Bytes(), static (product, dimension) => checked(product * dimension));
        return Over(buffer.Address, bytes, shape);
    }

    private OrtValue Over(nint address, long bytes, long[] shape)
    {
        if (_session.Cuda is null || _input.OnHost)
        {
            return OrtValue.Over(_session.HostMemory, address, bytes, _input.Type, shape);
        }

        using var memory = OrtMemoryInfo.Device(_session.Library, "Cuda", _session.Options.Device);
        return OrtValue.Over(memory, address, bytes, _input.Type, shape);
    }
}
