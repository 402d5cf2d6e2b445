using System.Collections.Immutable;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>A loaded model.</summary>
public sealed unsafe class OrtSession : OrtHandle
{
    private const int DeviceTypeCpu = 0;

    private readonly nint _run;

    private OrtSession(OnnxRuntimeLibrary library, nint handle)
        : base(library, handle, OrtFunction.ReleaseSession, owner: null)
    {
        _run = Api[OrtFunction.RunWithBinding];
        Inputs = Describe(
            OrtFunction.SessionGetInputCount, OrtFunction.SessionGetInputName, OrtFunction.SessionGetInputTypeInfo,
            OrtFunction.SessionGetMemoryInfoForInputs, "input");
        Outputs = Describe(
            OrtFunction.SessionGetOutputCount, OrtFunction.SessionGetOutputName, OrtFunction.SessionGetOutputTypeInfo,
            OrtFunction.SessionGetMemoryInfoForOutputs, "output");
    }

    /// <summary>Inputs in the graph's order.</summary>
    public ImmutableArray<OrtTensorDescription> Inputs { get; }

    /// <summary>Outputs in the graph's order.</summary>
    public ImmutableArray<OrtTensorDescription> Outputs { get; }

    /// <summary>Loads a model from a file; external data is looked for beside it.</summary>
    public static OrtSession Open(string path, OrtSessionOptions options)
    {
        var library = options.Library;
        var mode = FloatingPointEnvironment.Current();
        nint handle;
        nint status;
        fixed (byte* bytes = NativeText.Terminated(Path.GetFullPath(path)))
        {
            status = ((delegate* unmanaged[Cdecl]<nint, byte*, nint, nint*, nint>)library.Api[OrtFunction.CreateSession])(
                library.Environment, bytes, options.Native, &handle);
        }

        mode.Apply();
        GC.KeepAlive(options);
        library.Api.Check(status, $"CreateSession({path})");
        return new OrtSession(library, handle);
    }

    /// <summary>Loads a model from memory, which may be released afterwards.</summary>
    public static OrtSession Open(ReadOnlySpan<byte> model, OrtSessionOptions options)
    {
        var library = options.Library;
        var mode = FloatingPointEnvironment.Current();
        nint handle;
        nint status;
        fixed (byte* bytes = model)
        {
            status = ((delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, nint*, nint>)library.Api[OrtFunction.CreateSessionFromArray])(
                library.Environment, bytes, (nuint)model.Length, options.Native, &handle);
        }

        mode.Apply();
        GC.KeepAlive(options);
        library.Api.Check(status, "CreateSessionFromArray");
        return new OrtSession(library, handle);
    }

    /// <summary>Makes an empty binding.</summary>
    public OrtIoBinding CreateBinding() => new(this);

    /// <summary>The session's allocator for a kind of memory.</summary>
    public OrtAllocator CreateAllocator(OrtMemoryInfo memory)
    {
        nint result;
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint, nint, nint*, nint>)Api[OrtFunction.CreateAllocator])(Native, memory.Native, &result),
            "CreateAllocator");
        GC.KeepAlive(memory);
        return new OrtAllocator(this, result);
    }

    /// <summary>Runs with what is bound. Allocates no managed memory.</summary>
    public void Run(OrtIoBinding binding, OrtRunOptions options)
    {
        var status = ((delegate* unmanaged[Cdecl]<nint, nint, nint, nint>)_run)(Native, options.Native, binding.Native);
        GC.KeepAlive(this);
        GC.KeepAlive(options);
        GC.KeepAlive(binding);
        Api.Check(status, "RunWithBinding");
    }

    /// <summary>Ends profiling and answers the file that was written.</summary>
    public string EndProfiling()
    {
        var allocator = Api.Create(OrtFunction.GetAllocatorWithDefaultOptions, "GetAllocatorWithDefaultOptions");
        nint text;
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint, nint, nint*, nint>)Api[OrtFunction.SessionEndProfiling])(Native, allocator, &text),
            "SessionEndProfiling");
        return Take(allocator, text);
    }

    private string Take(nint allocator, nint text)
    {
        var result = NativeText.Read(text);
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint, nint, nint>)Api[OrtFunction.AllocatorFree])(allocator, text), "AllocatorFree");
        return result;
    }

    private ImmutableArray<OrtTensorDescription> Describe(int count, int name, int type, int memory, string what)
    {
        nuint length;
        Api.Check(((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Api[count])(Native, &length), $"count of {what}s");
        var infos = new nint[length];
        fixed (nint* pointer = infos)
        {
            Api.Check(
                ((delegate* unmanaged[Cdecl]<nint, nint*, nuint, nint>)Api[memory])(Native, pointer, length), $"memory of {what}s");
        }

        var allocator = Api.Create(OrtFunction.GetAllocatorWithDefaultOptions, "GetAllocatorWithDefaultOptions");
        var result = ImmutableArray.CreateBuilder<OrtTensorDescription>((int)length);
        for (nuint i = 0; i < length; i++)
        {
            nint text;
            Api.Check(
                ((delegate* unmanaged[Cdecl]<nint, nuint, nint, nint*, nint>)Api[name])(Native, i, allocator, &text), $"name of {what} {i}");
            nint info;
            Api.Check(((delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)Api[type])(Native, i, &info), $"type of {what} {i}");
            try
            {
                var (element, shape) = TensorType(info);
                result.Add(new OrtTensorDescription(Take(allocator, text), element, shape, OnHost(infos[i])));
            }
            finally
            {
                Api.Release(OrtFunction.ReleaseTypeInfo, info);
            }
        }

        return result.MoveToImmutable();
    }

    private bool OnHost(nint memory)
    {
        // An unused input has no memory; the host's is as good as any.
        if (memory == 0)
        {
            return true;
        }

        int device;
        ((delegate* unmanaged[Cdecl]<nint, int*, void>)Api[OrtFunction.MemoryInfoGetDeviceType])(memory, &device);
        return device == DeviceTypeCpu;
    }

    private (OrtElementType Type, ImmutableArray<long> Shape) TensorType(nint typeInfo)
    {
        var tensor = Api.Get(OrtFunction.CastTypeInfoToTensorInfo, typeInfo, "CastTypeInfoToTensorInfo");
        if (tensor == 0)
        {
            return (OrtElementType.Undefined, []);
        }

        int type;
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint, int*, nint>)Api[OrtFunction.GetTensorElementType])(tensor, &type), "GetTensorElementType");
        nuint rank;
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Api[OrtFunction.GetDimensionsCount])(tensor, &rank), "GetDimensionsCount");
        var shape = new long[rank];
        fixed (long* dimensions = shape)
        {
            Api.Check(
                ((delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)Api[OrtFunction.GetDimensions])(tensor, dimensions, rank), "GetDimensions");
        }

        return (Enum.IsDefined((OrtElementType)type) ? (OrtElementType)type : OrtElementType.Undefined, [.. shape]);
    }
}
