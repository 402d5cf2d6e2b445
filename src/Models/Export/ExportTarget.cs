namespace EdgeFleet.Models.Export;

/// <summary>Provider that a graph is built for.</summary>
public enum ExportTarget
{
    /// <summary>The CPU provider with <c>libedgefleet_ops.so</c>.</summary>
    Cpu,

    /// <summary>The CUDA provider with the CUDA operator library.</summary>
    Cuda,
}
