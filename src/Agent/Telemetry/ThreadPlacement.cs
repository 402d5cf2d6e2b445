using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>Keeps a thread off the processors that measure.</summary>
internal static partial class ThreadPlacement
{
    private const int MaskBytes = 128;

    /// <summary>Moves the calling thread to the last processor that it may use, if the measurement leaves one free (sched_setaffinity(2)).</summary>
    /// <param name="measuringThreads">Threads of the measurement.</param>
    /// <returns>Where it runs, in words.</returns>
    public static unsafe string Avoid(int measuringThreads)
    {
        var mask = stackalloc byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, mask) < 0) return $"not placed: sched_getaffinity failed with errno {Marshal.GetLastPInvokeError()}";

        var allowed = Enumerable.Range(0, MaskBytes * 8).Where(cpu => Has(mask, cpu)).ToArray();
        if (allowed.Length <= measuringThreads) return $"shared: the measurement uses all {allowed.Length} processors";

        var chosen = allowed[^1];
        new Span<byte>(mask, MaskBytes).Clear();
        mask[chosen / 8] = (byte)(1 << (chosen % 8));
        return SetAffinity(0, MaskBytes, mask) == 0 ? $"processor {chosen}" : $"not placed: sched_setaffinity failed with errno {Marshal.GetLastPInvokeError()}";
    }

    /// <summary>Processors that this process may use, as ranges, e.g. <c>0-3,6</c>.</summary>
    public static unsafe string Allowed()
    {
        var mask = stackalloc byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, mask) < 0) return $"unavailable: sched_getaffinity failed with errno {Marshal.GetLastPInvokeError()}";
        var ranges = new List<string>();
        for (var cpu = 0; cpu < MaskBytes * 8; cpu++)
        {
            if (!Has(mask, cpu)) continue;
            var first = cpu;
            while (cpu + 1 < MaskBytes * 8 && Has(mask, cpu + 1)) cpu++;
            ranges.Add(first == cpu ? $"{cpu}" : $"{first}-{cpu}");
        }

        return string.Join(',', ranges);
    }

    private static unsafe bool Has(byte* mask, int cpu) => (mask[cpu / 8] & (1 << (cpu % 8))) != 0;

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int SetAffinity(int thread, nuint bytes, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int GetAffinity(int thread, nuint bytes, byte* mask);
}
