namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>Something that a GPU did.</summary>
/// <param name="Name">Name of the kernel as the compiler made it, or which way a copy went.</param>
/// <param name="StartNs">Start, nanoseconds of the GPU's clock as CUPTI normalises it.</param>
/// <param name="EndNs">End, on the same clock.</param>
public readonly record struct DeviceActivity(string Name, long StartNs, long EndNs);
