using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Devices;

/// <summary>The CUDA operator library's search for the greatest logit, so that 8 bytes a token leave the device.</summary>
internal sealed unsafe class DeviceArgMax
{
    private readonly CudaRuntime _cuda;
    private readonly delegate* unmanaged[Cdecl]<long, long> _workspace;
    private readonly delegate* unmanaged[Cdecl]<nint, int, long, long, nint, nint, nint, int> _start;

    private DeviceArgMax(CudaRuntime cuda, nint workspace, nint start)
    {
        _cuda = cuda;
        _workspace = (delegate* unmanaged[Cdecl]<long, long>)workspace;
        _start = (delegate* unmanaged[Cdecl]<nint, int, long, long, nint, nint, nint, int>)start;
    }

    /// <summary>Finds the functions in a CUDA operator library.</summary>
    /// <exception cref="RuntimeLoadException">The library does not load or is older than the functions.</exception>
    public static DeviceArgMax Load(CudaRuntime cuda, string path)
    {
        if (!NativeLibrary.TryLoad(path, out var library))
        {
            throw new RuntimeLoadException($"{path}: the library does not load. Run doctor, which says what is missing.");
        }

        return NativeLibrary.TryGetExport(library, "edgefleet_cuda_argmax_workspace", out var workspace)
            && NativeLibrary.TryGetExport(library, "edgefleet_cuda_argmax", out var start)
            ? new DeviceArgMax(cuda, workspace, start)
            : throw new RuntimeLoadException($"{path}: has no edgefleet_cuda_argmax; it is older than this program. Install the pack again.");
    }

    /// <summary>Bytes of device memory that a search over so many rows needs.</summary>
    public long Workspace(int rows) => _workspace(rows);

    /// <summary>Starts the search.</summary>
    /// <param name="logits">[rows, columns] on the device.</param>
    /// <param name="type">Float32, float16 or bfloat16.</param>
    /// <param name="rows">Sequences.</param>
    /// <param name="columns">Vocabulary.</param>
    /// <param name="workspace">Device memory.</param>
    /// <param name="tokens">int64 [rows] on the device; -1 - i where logit i is not a number.</param>
    public void Start(nint logits, OrtElementType type, int rows, int columns, nint workspace, nint tokens) => _cuda.Check(
        _start(logits, (int)type, rows, columns, workspace, tokens, _cuda.Stream),
        string.Create(CultureInfo.InvariantCulture, $"edgefleet_cuda_argmax({rows} x {columns})"));
}
