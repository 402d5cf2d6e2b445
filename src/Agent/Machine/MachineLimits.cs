using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Machine;

/// <summary>What the memory and the vector units of this machine can do at most, probed by the operator library (edgefleet/operators.h).</summary>
/// <param name="MemoryBytesPerSecond">Sequential read bandwidth.</param>
/// <param name="MatrixFlopPerSecond">A well-blocked float32 matrix product: what MFU is a share of.</param>
/// <param name="FmaFlopPerSecond">Multiply-adds on registers alone: what no product can exceed.</param>
internal sealed record MachineLimits(double MemoryBytesPerSecond, double MatrixFlopPerSecond, double FmaFlopPerSecond)
{
    private const int Repeats = 10;
    private const long LargestBuffer = 1L << 30;
    private const long SmallestBuffer = 64L << 20;

    /// <summary>The higher of each rate.</summary>
    public MachineLimits AtLeast(MachineLimits other) => new(
        Math.Max(MemoryBytesPerSecond, other.MemoryBytesPerSecond),
        Math.Max(MatrixFlopPerSecond, other.MatrixFlopPerSecond),
        Math.Max(FmaFlopPerSecond, other.FmaFlopPerSecond));

    /// <summary>Probes with a number of threads; null where the library has no probes.</summary>
    public static unsafe MachineLimits? Probe(string operatorLibrary, int threads)
    {
        var library = NativeLibrary.Load(operatorLibrary);
        try
        {
            if (!NativeLibrary.TryGetExport(library, "edgefleet_probe_read_bandwidth", out var bandwidth)
                || !NativeLibrary.TryGetExport(library, "edgefleet_probe_matrix_flops", out var matrix)
                || !NativeLibrary.TryGetExport(library, "edgefleet_probe_fma_flops", out var fma))
            {
                return null;
            }

            // A quarter of what is free: the probe must not be what runs a small board out of memory.
            var bytes = (nuint)Math.Clamp(MemoryInformation.Read().AvailableBytes / 4, SmallestBuffer, LargestBuffer);
            var limits = new MachineLimits(
                ((delegate* unmanaged[Cdecl]<int, nuint, int, double>)bandwidth)(threads, bytes, Repeats),
                ((delegate* unmanaged[Cdecl]<int, int, double>)matrix)(threads, Repeats),
                ((delegate* unmanaged[Cdecl]<int, int, double>)fma)(threads, Repeats));
            return limits is { MemoryBytesPerSecond: > 0, MatrixFlopPerSecond: > 0, FmaFlopPerSecond: > 0 } ? limits : null;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }
}
