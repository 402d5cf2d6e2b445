using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>A tensor with a fixed address, on the host or on a device; on a device, host memory beside it can be its source.</summary>
internal sealed class TensorBuffer : IDisposable
{
    private readonly HostMemory? _host;
    private readonly CudaRuntime? _cuda;

    private TensorBuffer(HostMemory? host, OrtValue value, long bytes, CudaRuntime? cuda)
    {
        _host = host;
        Value = value;
        Bytes = bytes;
        _cuda = cuda;
        Address = value.Data;
    }

    /// <summary>The tensor to bind.</summary>
    public OrtValue Value { get; }

    /// <summary>Address of the elements where the tensor lives.</summary>
    public nint Address { get; }

    /// <summary>Size of the tensor.</summary>
    public long Bytes { get; }

    /// <summary>Elements in host memory; follow a change by <see cref="StartUpload"/>.</summary>
    public HostMemory Host => _host ?? throw new InvalidOperationException("This tensor has no host memory.");

    /// <summary>A zeroed tensor in host memory.</summary>
    public static TensorBuffer OnHost(DecoderSession session, OrtElementType type, ReadOnlySpan<long> shape)
    {
        var bytes = SizeOf(type, shape);
        var host = new HostMemory(bytes);
        return new TensorBuffer(host, OrtValue.Over(session.HostMemory, host.Address, bytes, type, shape), bytes, cuda: null);
    }

    /// <summary>An input that the host writes: where the session wants it, with host memory to write to.</summary>
    public static TensorBuffer Input(DecoderSession session, OrtTensorDescription input, ReadOnlySpan<long> shape)
    {
        if (input.OnHost)
        {
            return OnHost(session, input.Type, shape);
        }

        var bytes = SizeOf(input.Type, shape);
        return new TensorBuffer(new HostMemory(bytes, session.Cuda), session.AllocateOnDevice(input.Type, shape), bytes, session.Cuda);
    }

    /// <summary>A tensor on the device that a run writes, with host memory that <see cref="StartDownload"/> copies it to.</summary>
    public static TensorBuffer Output(DecoderSession session, OrtElementType type, ReadOnlySpan<long> shape)
    {
        var bytes = SizeOf(type, shape);
        return new TensorBuffer(new HostMemory(bytes, session.Cuda), session.AllocateOnDevice(type, shape), bytes, session.Cuda);
    }

    /// <summary>A zeroed state where the session wants it.</summary>
    public static TensorBuffer State(DecoderSession session, OrtTensorDescription input, ReadOnlySpan<long> shape)
    {
        if (input.OnHost)
        {
            return OnHost(session, input.Type, shape);
        }

        var buffer = new TensorBuffer(
            host: null, session.AllocateOnDevice(input.Type, shape), SizeOf(input.Type, shape), session.Cuda);
        buffer.Clear();
        return buffer;
    }

    /// <summary>
    /// Starts to bring what was written to <see cref="Host"/> to the device; the host memory must stay as it is until the device is waited
    /// for. Nothing to do for a tensor on the host.
    /// </summary>
    public void StartUpload() => _cuda?.StartCopy(Address, Host.Address, Bytes);

    /// <summary>Starts to bring the tensor to <see cref="Host"/>.</summary>
    public void StartDownload() => _cuda?.StartCopy(Host.Address, Address, Bytes);

    /// <summary>Zeroes the tensor.</summary>
    public void Clear()
    {
        if (_cuda is not null)
        {
            _cuda.Clear(Address, Bytes);
        }
        else
        {
            Host.Clear();
        }
    }

    /// <summary>Copies the tensor's content out.</summary>
    public void CopyTo(HostMemory destination) => Copy(destination.Address, Address);

    /// <summary>Replaces the tensor's content.</summary>
    public void CopyFrom(HostMemory source) => Copy(Address, source.Address);

    public void Dispose()
    {
        Value.Dispose();
        _host?.Dispose();
    }

    private unsafe void Copy(nint destination, nint source)
    {
        if (_cuda is not null)
        {
            _cuda.Copy(destination, source, Bytes);
        }
        else
        {
            Buffer.MemoryCopy((void*)source, (void*)destination, Bytes, Bytes);
        }
    }

    private static long SizeOf(OrtElementType type, ReadOnlySpan<long> shape)
    {
        long bytes = type.Bytes();
        foreach (var dimension in shape)
        {
            bytes = checked(bytes * dimension);
        }

        return bytes;
    }
}
