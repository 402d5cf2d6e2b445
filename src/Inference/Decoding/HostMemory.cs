using System.Runtime.InteropServices;
using EdgeFleet.Inference.Devices;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Aligned native memory, zeroed; page-locked where a device copies from or to it.</summary>
internal sealed unsafe class HostMemory : SafeHandle
{
    // A cache line and an AVX-512 register.
    private const int Alignment = 64;

    private readonly CudaRuntime? _cuda;

    public HostMemory(long bytes, CudaRuntime? cuda = null)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        _cuda = cuda;

        // Never empty, so that an empty tensor has an address too.
        var size = Math.Max(bytes, Alignment);
        SetHandle(cuda is null ? (nint)NativeMemory.AlignedAlloc((nuint)size, Alignment) : cuda.AllocateHost(size));
        Clear();
    }

    public long Bytes { get; }

    public override bool IsInvalid => handle == 0;

    public nint Address => IsClosed ? throw new ObjectDisposedException(nameof(HostMemory)) : handle;

    public void Clear() => NativeMemory.Clear((void*)Address, (nuint)Bytes);

    public Span<T> Span<T>()
        where T : unmanaged => new((void*)Address, checked((int)(Bytes / sizeof(T))));

    protected override bool ReleaseHandle()
    {
        if (_cuda is not null)
        {
            return _cuda.FreeHost(handle);
        }

        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
