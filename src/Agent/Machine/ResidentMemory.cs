using System.Globalization;

namespace EdgeFleet.Agent.Machine;

/// <summary>Resident memory of this process as the kernel counts it (proc_pid_status(5)).</summary>
/// <param name="PeakBytes">VmHWM: the most that was resident since the process began or the peak was reset.</param>
/// <param name="Bytes">VmRSS: what is resident now.</param>
/// <param name="FileBytes">RssFile: the part backed by files, such as mapped weights.</param>
internal sealed record ResidentMemory(long PeakBytes, long Bytes, long FileBytes)
{
    public static ResidentMemory Read()
    {
        var fields = File.ReadLines("/proc/self/status").Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal);
        return new ResidentMemory(Kilobytes(fields, "VmHWM"), Kilobytes(fields, "VmRSS"), Kilobytes(fields, "RssFile"));
    }

    /// <summary>Sets the peak back to what is resident now (proc_pid_clear_refs(5), value 5).</summary>
    /// <exception cref="IOException">The kernel or its security policy does not allow it.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long Kilobytes(Dictionary<string, string> fields, string name) =>
        fields.TryGetValue(name, out var value) && value.EndsWith(" kB", StringComparison.Ordinal)
            ? long.Parse(value.AsSpan(0, value.Length - 3), CultureInfo.InvariantCulture) * 1024
            : throw new InvalidDataException($"/proc/self/status has no field '{name}' in kB.");
}
