using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Aligned native memory, zeroed.</summary>
internal sealed unsafe class HostMemory : SafeHandle
{
    // A cache line and an AVX-512 register.
    private const int Alignment = 64;

    public HostMemory(long bytes)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;

        // Never empty, so that an empty tensor has an address too.
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment));
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
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
