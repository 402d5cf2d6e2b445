using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Devices;

/// <summary>The few functions of the CUDA runtime that moving state needs; the library is the one that ONNX Runtime's provider uses.</summary>
public sealed unsafe class CudaRuntime
{
    // cudaMemcpyDefault: the direction follows from the addresses (unified addressing).
    private const int InferDirection = 4;

    private static readonly int[] KnownMajors = [13, 12];

    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int> _copy;
    private readonly delegate* unmanaged[Cdecl]<nint, int, nuint, int> _fill;
    private readonly delegate* unmanaged[Cdecl]<int> _synchronize;
    private readonly delegate* unmanaged[Cdecl]<int, int> _setDevice;
    private readonly delegate* unmanaged[Cdecl]<nuint*, nuint*, int> _memory;
    private readonly delegate* unmanaged[Cdecl]<int, nint> _describe;

    private CudaRuntime(nint library, string name)
    {
        Name = name;
        _copy = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int>)NativeLibrary.GetExport(library, "cudaMemcpy");
        _fill = (delegate* unmanaged[Cdecl]<nint, int, nuint, int>)NativeLibrary.GetExport(library, "cudaMemset");
        _synchronize = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(library, "cudaDeviceSynchronize");
        _setDevice = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(library, "cudaSetDevice");
        _memory = (delegate* unmanaged[Cdecl]<nuint*, nuint*, int>)NativeLibrary.GetExport(library, "cudaMemGetInfo");
        _describe = (delegate* unmanaged[Cdecl]<int, nint>)NativeLibrary.GetExport(library, "cudaGetErrorString");
    }

    /// <summary>Name that the library was found by.</summary>
    public string Name { get; }

    /// <summary>Loads the runtime of a major version, or of the newest there is.</summary>
    /// <param name="major">Major version; null tries 13, then 12.</param>
    /// <param name="device">Index of the GPU that the calling thread uses from now on.</param>
    /// <exception cref="RuntimeLoadException">No such library.</exception>
    public static CudaRuntime Load(int? major, int device)
    {
        var names = (major is { } one ? [one] : KnownMajors)
            .Select(static version => string.Create(CultureInfo.InvariantCulture, $"libcudart.so.{version}")).ToArray();
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                var runtime = new CudaRuntime(library, name);
                runtime.Check(runtime._setDevice(device), $"cudaSetDevice({device})");
                return runtime;
            }
        }

        throw new RuntimeLoadException(
            $"{string.Join(" or ", names)}: no such library. Install the CUDA runtime, or put its directory on LD_LIBRARY_PATH.");
    }

    /// <summary>Copies between host and device, and waits for it.</summary>
    public void Copy(nint destination, nint source, long bytes) =>
        Check(_copy(destination, source, (nuint)bytes, InferDirection), "cudaMemcpy");

    /// <summary>Zeroes device memory, and waits for it.</summary>
    public void Clear(nint destination, long bytes)
    {
        Check(_fill(destination, 0, (nuint)bytes), "cudaMemset");
        Synchronize();
    }

    /// <summary>Waits until the device is idle.</summary>
    public void Synchronize() => Check(_synchronize(), "cudaDeviceSynchronize");

    /// <summary>Free and total memory of the device, bytes.</summary>
    public (long Free, long Total) Memory()
    {
        nuint free;
        nuint total;
        Check(_memory(&free, &total), "cudaMemGetInfo");
        return ((long)free, (long)total);
    }

    private void Check(int error, string call)
    {
        if (error != 0)
        {
            throw new OnnxRuntimeException(OrtErrorCode.ProviderFail, NativeText.Read(_describe(error)), call);
        }
    }
}
