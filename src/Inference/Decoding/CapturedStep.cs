using EdgeFleet.Inference.Devices;

namespace EdgeFleet.Inference.Decoding;

/// <summary>
/// A decode step as a CUDA graph: one launch instead of one a kernel. The session runs inside a capture of its stream, which records its
/// work without executing it, so that no state moves; a replay then is exactly one step. Inputs lie in page-locked memory at fixed addresses
/// and are copied by the graph itself.
/// </summary>
internal sealed class CapturedStep : IDisposable
{
    private readonly CudaRuntime _cuda;
    private readonly DecoderSession _session;
    private readonly long _allocations;
    private readonly nint _executable;

    private CapturedStep(CudaRuntime cuda, DecoderSession session, nint executable)
    {
        _cuda = cuda;
        _session = session;
        _executable = executable;
        _allocations = session.DeviceAllocations;
    }

    /// <summary>
    /// Whether the graph may still run. Its kernels write to memory that the arena had free when it was captured; a buffer that was allocated
    /// since may lie there.
    /// </summary>
    public bool IsValid => _session.DeviceAllocations == _allocations;

    /// <summary>Captures what an action starts.</summary>
    public static CapturedStep Capture(CudaRuntime cuda, DecoderSession session, Action start) =>
        new(cuda, session, cuda.Capture(start));

    /// <summary>Starts the step.</summary>
    public void Start() => _cuda.Launch(_executable);

    public void Dispose() => _cuda.Release(_executable);
}
