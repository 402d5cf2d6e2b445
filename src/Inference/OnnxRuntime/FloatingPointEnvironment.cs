using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>
/// The calling thread's floating-point control state (fenv.h). ONNX Runtime's <c>session.set_denormal_as_zero</c> changes it for the thread
/// that opens a process's first session and leaves it so, under which managed code computes wrongly: vectorised searches compare indices
/// through floating-point registers, where small integers are denormal. So it is set for the length of a run, and put back.
/// </summary>
[InlineArray(Size)]
internal partial struct FloatingPointEnvironment
{
    // fenv_t of x86-64 has 32 bytes, of aarch64 8 (glibc's bits/fenv.h).
    private const int Size = 32;
    private const int X64ControlOffset = 28;

    // MXCSR: denormals are zero (bit 6), flush to zero (bit 15). FPCR: flush to zero (bit 24).
    private const uint X64Flush = (1u << 6) | (1u << 15);
    private const uint Arm64Flush = 1u << 24;

    private byte _first;

    /// <summary>The calling thread's state.</summary>
    public static FloatingPointEnvironment Current()
    {
        FloatingPointEnvironment environment = default;
        Get(ref environment);
        return environment;
    }

    /// <summary>This state with denormals taken for zero, as operands and as results.</summary>
    public readonly FloatingPointEnvironment FlushingDenormals()
    {
        var changed = this;
        var (offset, bits) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (X64ControlOffset, X64Flush),
            Architecture.Arm64 => (0, Arm64Flush),
            var other => throw new PlatformNotSupportedException($"Denormals cannot be flushed on {other}; x64 and arm64 are supported."),
        };
        var control = MemoryMarshal.Read<uint>(changed[offset..]);
        MemoryMarshal.Write(changed[offset..], control | bits);
        return changed;
    }

    /// <summary>Makes this the calling thread's state.</summary>
    public readonly void Apply() => Set(in this);

    [LibraryImport("libm.so.6", EntryPoint = "fegetenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Get(ref FloatingPointEnvironment environment);

    [LibraryImport("libm.so.6", EntryPoint = "fesetenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Set(in FloatingPointEnvironment environment);
}
