using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Devices;

/// <summary>
/// The few functions of the CUDA runtime that a decoder needs, and the stream that its work is put on; the library is the one that ONNX
/// Runtime's provider uses.
/// </summary>
public sealed unsafe class CudaRuntime : IDisposable
{
    // cudaMemcpyDefault: the direction follows from the addresses (unified addressing).
    private const int InferDirection = 4;

    // cudaStreamNonBlocking: not ordered with the default stream.
    private const uint NonBlocking = 1;

    // cudaStreamCaptureModeThreadLocal: other threads' calls do not disturb a capture.
    private const int ThreadLocalCapture = 1;

    private static readonly int[] KnownMajors = [13, 12];

    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, int> _copy;
    private readonly delegate* unmanaged[Cdecl]<nint, int, nuint, nint, int> _fill;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _synchronize;
    private readonly delegate* unmanaged[Cdecl]<int, int> _setDevice;
    private readonly delegate* unmanaged[Cdecl]<nuint*, nuint*, int> _memory;
    private readonly delegate* unmanaged[Cdecl]<int*, int> _version;
    private readonly delegate* unmanaged[Cdecl]<int, nint> _describe;
    private readonly delegate* unmanaged[Cdecl]<nint*, uint, int> _createStream;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _destroyStream;
    private readonly delegate* unmanaged[Cdecl]<nint*, nuint, int> _allocateHost;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _freeHost;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int> _beginCapture;
    private readonly delegate* unmanaged[Cdecl]<nint, nint*, int> _endCapture;
    private readonly delegate* unmanaged[Cdecl]<nint*, nint, ulong, int> _instantiate;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> _launch;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _destroyGraph;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _destroyExecutable;
    private readonly delegate* unmanaged[Cdecl]<int> _lastError;

    private CudaRuntime(nint library, string name, int device)
    {
        Name = name;
        _copy = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, int>)NativeLibrary.GetExport(library, "cudaMemcpyAsync");
        _fill = (delegate* unmanaged[Cdecl]<nint, int, nuint, nint, int>)NativeLibrary.GetExport(library, "cudaMemsetAsync");
        _synchronize = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "cudaStreamSynchronize");
        _setDevice = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(library, "cudaSetDevice");
        _memory = (delegate* unmanaged[Cdecl]<nuint*, nuint*, int>)NativeLibrary.GetExport(library, "cudaMemGetInfo");
        _version = (delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(library, "cudaRuntimeGetVersion");
        _describe = (delegate* unmanaged[Cdecl]<int, nint>)NativeLibrary.GetExport(library, "cudaGetErrorString");
        _createStream = (delegate* unmanaged[Cdecl]<nint*, uint, int>)NativeLibrary.GetExport(library, "cudaStreamCreateWithFlags");
        _destroyStream = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "cudaStreamDestroy");
        _allocateHost = (delegate* unmanaged[Cdecl]<nint*, nuint, int>)NativeLibrary.GetExport(library, "cudaMallocHost");
        _freeHost = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "cudaFreeHost");
        _beginCapture = (delegate* unmanaged[Cdecl]<nint, int, int>)NativeLibrary.GetExport(library, "cudaStreamBeginCapture");
        _endCapture = (delegate* unmanaged[Cdecl]<nint, nint*, int>)NativeLibrary.GetExport(library, "cudaStreamEndCapture");
        _instantiate = (delegate* unmanaged[Cdecl]<nint*, nint, ulong, int>)NativeLibrary.GetExport(library, "cudaGraphInstantiateWithFlags");
        _launch = (delegate* unmanaged[Cdecl]<nint, nint, int>)NativeLibrary.GetExport(library, "cudaGraphLaunch");
        _destroyGraph = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "cudaGraphDestroy");
        _destroyExecutable = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "cudaGraphExecDestroy");
        _lastError = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(library, "cudaGetLastError");
        Check(_setDevice(device), $"cudaSetDevice({device})");
        nint stream;
        Check(_createStream(&stream, NonBlocking), "cudaStreamCreateWithFlags");
        Stream = stream;
    }

    /// <summary>Name that the library was found by.</summary>
    public string Name { get; }

    /// <summary>The <c>cudaStream_t</c> that all work is put on, the session's too.</summary>
    public nint Stream { get; private set; }

    /// <summary>Loads the runtime of a major version, or of the newest there is.</summary>
    /// <param name="major">Major version; null tries 13, then 12.</param>
    /// <param name="device">Index of the GPU that the calling thread uses from now on.</param>
    /// <exception cref="RuntimeLoadException">No such library.</exception>
    /// <exception cref="OnnxRuntimeException">No such GPU, or no driver for it.</exception>
    public static CudaRuntime Load(int? major, int device)
    {
        var names = (major is { } one ? [one] : KnownMajors)
            .Select(static version => string.Create(CultureInfo.InvariantCulture, $"libcudart.so.{version}")).ToArray();
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return new CudaRuntime(library, name, device);
            }
        }

        throw new RuntimeLoadException(
            $"{string.Join(" or ", names)}: no such library. Install the CUDA runtime, or put its directory on LD_LIBRARY_PATH.");
    }

    /// <summary>Copies between host and device, and waits for it.</summary>
    public void Copy(nint destination, nint source, long bytes)
    {
        StartCopy(destination, source, bytes);
        Synchronize();
    }

    /// <summary>Starts a copy between page-locked host memory and the device, behind what was started before.</summary>
    public void StartCopy(nint destination, nint source, long bytes) =>
        Check(_copy(destination, source, (nuint)bytes, InferDirection, Stream), "cudaMemcpyAsync");

    /// <summary>Zeroes device memory, and waits for it.</summary>
    public void Clear(nint destination, long bytes)
    {
        Check(_fill(destination, 0, (nuint)bytes, Stream), "cudaMemsetAsync");
        Synchronize();
    }

    /// <summary>Waits until all that was started is done.</summary>
    public void Synchronize() => Check(_synchronize(Stream), "cudaStreamSynchronize");

    /// <summary>Free and total memory of the device, bytes.</summary>
    public (long Free, long Total) Memory()
    {
        nuint free;
        nuint total;
        Check(_memory(&free, &total), "cudaMemGetInfo");
        return ((long)free, (long)total);
    }

    /// <summary>Version of the library, e.g. <c>12.6</c>.</summary>
    public string Version()
    {
        int version;
        Check(_version(&version), "cudaRuntimeGetVersion");
        return string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Stream != 0)
        {
            // An error of work that ran on the stream was reported where the work was waited for.
            _ = _destroyStream(Stream);
            Stream = 0;
        }
    }

    /// <summary>Page-locked host memory, which the device reads and writes without a copy in between.</summary>
    internal nint AllocateHost(long bytes)
    {
        nint address;
        Check(_allocateHost(&address, (nuint)bytes), string.Create(CultureInfo.InvariantCulture, $"cudaMallocHost({bytes})"));
        return address;
    }

    /// <summary>Gives page-locked memory back.</summary>
    /// <returns>Whether the runtime took it.</returns>
    internal bool FreeHost(nint address) => _freeHost(address) == 0;

    /// <summary>Records what an action starts instead of running it.</summary>
    /// <returns>The executable graph (<c>cudaGraphExec_t</c>).</returns>
    /// <exception cref="OnnxRuntimeException">Something in it cannot be captured.</exception>
    internal nint Capture(Action start)
    {
        Check(_beginCapture(Stream, ThreadLocalCapture), "cudaStreamBeginCapture");
        nint graph = 0;
        try
        {
            start();
        }
        finally
        {
            // Ends the capture in any case: the stream would be unusable otherwise.
            if (_endCapture(Stream, &graph) != 0)
            {
                graph = 0;
                _ = _lastError();
            }
        }

        if (graph == 0)
        {
            throw new OnnxRuntimeException(OrtErrorCode.ProviderFail, "what the session started cannot be captured", "cudaStreamEndCapture");
        }

        nint executable;
        var error = _instantiate(&executable, graph, 0);
        _ = _destroyGraph(graph);
        Check(error, "cudaGraphInstantiate");
        return executable;
    }

    /// <summary>Starts a captured graph.</summary>
    internal void Launch(nint executable) => Check(_launch(executable, Stream), "cudaGraphLaunch");

    /// <summary>Releases a captured graph.</summary>
    internal void Release(nint executable) => Check(_destroyExecutable(executable), "cudaGraphExecDestroy");

    /// <summary>Throws when a call of the CUDA runtime returned an error.</summary>
    internal void Check(int error, string call)
    {
        if (error != 0)
        {
            throw new OnnxRuntimeException(OrtErrorCode.ProviderFail, NativeText.Read(_describe(error)), call);
        }
    }
}
