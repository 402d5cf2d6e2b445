using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>An integer input that the host writes before each run, in the graph's integer type.</summary>
internal sealed unsafe class IntegerInput : IDisposable
{
    private readonly bool _wide;

    public IntegerInput(DecoderSession session, OrtTensorDescription input, ReadOnlySpan<long> shape)
    {
        _wide = input.Type switch
        {
            OrtElementType.Int64 => true,
            OrtElementType.Int32 => false,
            _ => throw new DecoderException($"Input {input.Name} has type {input.Type}; it must be int64 or int32."),
        };
        Name = input.Name;
        Buffer = TensorBuffer.Input(session, input, shape);
        Count = (int)(Buffer.Bytes / (_wide ? sizeof(long) : sizeof(int)));
    }

    public string Name { get; }

    public TensorBuffer Buffer { get; }

    public int Count { get; }

    public long this[int index]
    {
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            if (_wide)
            {
                ((long*)Buffer.Host.Address)[index] = value;
            }
            else
            {
                ((int*)Buffer.Host.Address)[index] = checked((int)value);
            }
        }
    }

    public void Fill(long value)
    {
        for (var i = 0; i < Count; i++)
        {
            this[i] = value;
        }
    }

    public void Dispose() => Buffer.Dispose();
}
