using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Worker;

/// <summary>How an exception ends a run.</summary>
internal static class RunFailure
{
    // ONNX Runtime reports failed allocations by message only.
    private static readonly string[] AllocationFailures = ["bad_alloc", "Failed to allocate memory", "out of memory", "bad allocation", "is smaller than requested bytes"];

    public static RunEnd From(Exception exception)
    {
        if (AllocationFailures.Any(text => exception.Message.Contains(text, StringComparison.OrdinalIgnoreCase)))
        {
            return new RunEnd { Outcome = Outcome.OutOfMemory, Reason = RunReasons.OutOfMemory, Message = exception.Message };
        }

        var reason = exception switch
        {
            InvalidDataException or FileNotFoundException or DirectoryNotFoundException => RunReasons.ArtifactInvalid,
            DllNotFoundException or PlatformNotSupportedException or RuntimeLoadException => RunReasons.ProviderUnavailable,
            OnnxRuntimeException or DecoderException or NonFiniteLogitsException => RunReasons.RuntimeError,
            _ => RunReasons.InternalError,
        };
        return new RunEnd { Outcome = Outcome.Failed, Reason = reason, Message = exception.Message };
    }
}
