namespace EdgeFleet.Inference.Devices;

/// <summary>A GPU as its driver describes it.</summary>
/// <param name="Name">The driver's name for it.</param>
/// <param name="Major">Compute capability before the dot.</param>
/// <param name="Minor">Compute capability behind the dot.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="MemoryBytes">Memory that CUDA sees.</param>
public sealed record GpuDescription(string Name, int Major, int Minor, int Multiprocessors, long MemoryBytes);
