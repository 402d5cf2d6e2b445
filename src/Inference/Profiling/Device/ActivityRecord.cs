using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>
/// Reads CUPTI's activity records. Their structures only grow at the end from one version to the next (cupti_activity.h of CUDA 12.0 to
/// 13.0: CUpti_ActivityKernel9 and 10, CUpti_ActivityMemcpy5 and 6, CUpti_ActivityMemset4), so that what is read here lies where it lay.
/// </summary>
internal static unsafe class ActivityRecord
{
    /// <summary>CUPTI_ACTIVITY_KIND_MEMCPY.</summary>
    public const int Copy = 1;

    /// <summary>CUPTI_ACTIVITY_KIND_MEMSET.</summary>
    public const int Fill = 2;

    /// <summary>CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: kernels are recorded without being put one behind the other.</summary>
    public const int Kernel = 10;

    private const int StartOffset = 16;
    private const int EndOffset = 24;
    private const int KernelNameOffset = 104;
    private const int CopyKindOffset = 4;
    private const int LongestName = 4096;

    /// <summary>Reads a record; null for a kind that was not asked for.</summary>
    /// <param name="record">The record.</param>
    /// <param name="names">Names that were read before, by their address, which is the kernel's own as long as its module is loaded.</param>
    public static DeviceActivity? Read(nint record, Dictionary<nint, string> names)
    {
        var name = *(int*)record switch
        {
            Kernel => KernelName(*(nint*)(record + KernelNameOffset), names),
            Copy => CopyName(*(byte*)(record + CopyKindOffset)),
            Fill => "memset",
            _ => null,
        };
        return name is null ? null : new DeviceActivity(name, *(long*)(record + StartOffset), *(long*)(record + EndOffset));
    }

    private static string KernelName(nint address, Dictionary<nint, string> names)
    {
        if (!names.TryGetValue(address, out var name))
        {
            name = address == 0 ? "unnamed" : NativeText.Read(address);
            names.Add(address, name = name.Length > LongestName ? name[..LongestName] : name);
        }

        return name;
    }

    // CUpti_ActivityMemcpyKind.
    private static string CopyName(byte kind) => kind switch
    {
        1 => "memcpy host to device",
        2 => "memcpy device to host",
        8 => "memcpy device to device",
        _ => "memcpy",
    };
}
