namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>A tensor that ONNX Runtime can bind.</summary>
public sealed unsafe class OrtValue : OrtHandle
{
    private OrtValue(OnnxRuntimeLibrary library, nint handle, OrtHandle? owner)
        : base(library, handle, OrtFunction.ReleaseValue, owner)
    {
    }

    /// <summary>Address of the elements, on the device that the tensor lives on.</summary>
    public nint Data => Api.Get(OrtFunction.GetTensorMutableData, Native, "GetTensorMutableData");

    /// <summary>Allocates a tensor; its content is undefined.</summary>
    public static OrtValue Allocate(OrtAllocator allocator, OrtElementType type, ReadOnlySpan<long> shape)
    {
        var api = allocator.Library.Api;
        nint result;
        fixed (long* dimensions = shape)
        {
            api.Check(
                ((delegate* unmanaged[Cdecl]<nint, long*, nuint, int, nint*, nint>)api[OrtFunction.CreateTensorAsOrtValue])(
                    allocator.Native, dimensions, (nuint)shape.Length, (int)type, &result),
                "CreateTensorAsOrtValue");
        }

        return new OrtValue(allocator.Library, result, allocator);
    }

    /// <summary>A tensor over memory that the caller owns and keeps until the tensor is disposed.</summary>
    public static OrtValue Over(OrtMemoryInfo memory, nint data, long bytes, OrtElementType type, ReadOnlySpan<long> shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var api = memory.Library.Api;
        nint result;
        fixed (long* dimensions = shape)
        {
            api.Check(
                ((delegate* unmanaged[Cdecl]<nint, nint, nuint, long*, nuint, int, nint*, nint>)api[OrtFunction.CreateTensorWithDataAsOrtValue])(
                    memory.Native, data, (nuint)bytes, dimensions, (nuint)shape.Length, (int)type, &result),
                "CreateTensorWithDataAsOrtValue");
        }

        return new OrtValue(memory.Library, result, owner: null);
    }
}
