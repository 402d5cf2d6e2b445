using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Devices;

/// <summary>What the installed NVIDIA driver says of itself and of its GPUs; nothing is allocated on them.</summary>
public sealed unsafe class CudaDriver
{
    private const string LibraryName = "libcuda.so.1";
    private const int NoDevice = 100;

    // CUdevice_attribute.
    private const int MultiprocessorCount = 16;
    private const int CapabilityMajor = 75;
    private const int CapabilityMinor = 76;

    private const int NameBytes = 256;
    private const int VersionMajor = 1000;
    private const int VersionMinor = 10;

    private CudaDriver(int version, ImmutableArray<GpuDescription> gpus)
    {
        CudaVersion = string.Create(CultureInfo.InvariantCulture, $"{version / VersionMajor}.{version % VersionMajor / VersionMinor}");
        CudaMajor = version / VersionMajor;
        Gpus = gpus;
    }

    /// <summary>The newest CUDA version that the driver serves, e.g. <c>13.0</c>.</summary>
    public string CudaVersion { get; }

    /// <summary>Its major version.</summary>
    public int CudaMajor { get; }

    /// <summary>The GPUs in the driver's order; empty where there are none.</summary>
    public ImmutableArray<GpuDescription> Gpus { get; }

    /// <summary>Asks the driver.</summary>
    /// <exception cref="RuntimeLoadException">There is no driver, or it does not start.</exception>
    public static CudaDriver Read()
    {
        if (!NativeLibrary.TryLoad(LibraryName, out var library))
        {
            throw new RuntimeLoadException($"{LibraryName}: no such library. Install the NVIDIA driver; in a container, run it with the GPU passed through.");
        }

        var started = ((delegate* unmanaged[Cdecl]<uint, int>)NativeLibrary.GetExport(library, "cuInit"))(0);
        var version = 0;
        Check(((delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(library, "cuDriverGetVersion"))(&version), "cuDriverGetVersion");
        if (started == NoDevice)
        {
            return new CudaDriver(version, []);
        }

        Check(started, "cuInit");
        var count = 0;
        Check(((delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(library, "cuDeviceGetCount"))(&count), "cuDeviceGetCount");
        var deviceGet = (delegate* unmanaged[Cdecl]<int*, int, int>)NativeLibrary.GetExport(library, "cuDeviceGet");
        var deviceName = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)NativeLibrary.GetExport(library, "cuDeviceGetName");
        var attribute = (delegate* unmanaged[Cdecl]<int*, int, int, int>)NativeLibrary.GetExport(library, "cuDeviceGetAttribute");
        var memory = (delegate* unmanaged[Cdecl]<nuint*, int, int>)NativeLibrary.GetExport(library, "cuDeviceTotalMem_v2");
        var gpus = ImmutableArray.CreateBuilder<GpuDescription>(count);
        var name = stackalloc byte[NameBytes];
        for (var index = 0; index < count; index++)
        {
            int device;
            int major;
            int minor;
            int multiprocessors;
            nuint bytes;
            Check(deviceGet(&device, index), "cuDeviceGet");
            Check(deviceName(name, NameBytes, device), "cuDeviceGetName");
            Check(attribute(&major, CapabilityMajor, device), "cuDeviceGetAttribute");
            Check(attribute(&minor, CapabilityMinor, device), "cuDeviceGetAttribute");
            Check(attribute(&multiprocessors, MultiprocessorCount, device), "cuDeviceGetAttribute");
            Check(memory(&bytes, device), "cuDeviceTotalMem");
            gpus.Add(new GpuDescription(NativeText.Read((nint)name), major, minor, multiprocessors, (long)bytes));
        }

        return new CudaDriver(version, gpus.MoveToImmutable());
    }

    private static void Check(int error, string call)
    {
        if (error != 0)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{LibraryName}: {call} fails with error {error}. nvidia-smi says whether the driver and its kernel module fit each other."));
        }
    }
}
