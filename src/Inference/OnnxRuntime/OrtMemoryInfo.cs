namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Names a kind of memory: the host's, or a device's.</summary>
public sealed unsafe class OrtMemoryInfo : OrtHandle
{
    private const int DeviceAllocator = 0;
    private const int DefaultMemory = 0;

    private OrtMemoryInfo(OnnxRuntimeLibrary library, nint handle)
        : base(library, handle, OrtFunction.ReleaseMemoryInfo, owner: null)
    {
    }

    /// <summary>The host's memory.</summary>
    public static OrtMemoryInfo Host(OnnxRuntimeLibrary library)
    {
        var api = library.Api;
        nint result;
        api.Check(
            ((delegate* unmanaged[Cdecl]<int, int, nint*, nint>)api[OrtFunction.CreateCpuMemoryInfo])(DeviceAllocator, DefaultMemory, &result),
            "CreateCpuMemoryInfo");
        return new OrtMemoryInfo(library, result);
    }

    /// <summary>Memory by ONNX Runtime's name, e.g. <c>Cuda</c> or <c>CudaPinned</c>, of a device.</summary>
    public static OrtMemoryInfo Device(OnnxRuntimeLibrary library, string name, int device)
    {
        var api = library.Api;
        nint result;
        fixed (byte* bytes = NativeText.Terminated(name))
        {
            api.Check(
                ((delegate* unmanaged[Cdecl]<byte*, int, int, int, nint*, nint>)api[OrtFunction.CreateMemoryInfo])(
                    bytes, DeviceAllocator, device, DefaultMemory, &result),
                $"CreateMemoryInfo({name}, {device})");
        }

        return new OrtMemoryInfo(library, result);
    }
}
