using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Agent.Worker;

/// <summary>What the kernel wrote of a process that it killed for memory: the evidence beside the exit status, where the log may be read (syslog(2)).</summary>
internal static partial class KernelLog
{
    private const int ReadAll = 3;
    private const int Bytes = 256 * 1024;

    /// <summary>The kernel's line on a kill, as a sentence to append; empty where the log may not be read or says nothing.</summary>
    /// <param name="processId">The process that was killed.</param>
    public static unsafe string OfKilled(int processId)
    {
        var buffer = new byte[Bytes];
        int length;
        fixed (byte* pointer = buffer) length = Read(ReadAll, pointer, Bytes);
        return length <= 0 ? "" : Find(Encoding.UTF8.GetString(buffer, 0, length), processId) is { } line ? $" The kernel's log: {line}" : "";
    }

    /// <summary>The last line on a kill of a process, without its level and time; null where there is none.</summary>
    /// <param name="log">Lines like <c>&lt;3&gt;[ 12.3] Memory cgroup out of memory: Killed process 42 (name) total-vm:...</c>.</param>
    /// <param name="processId">The process.</param>
    public static string? Find(string log, int processId)
    {
        var line = log.Split('\n').LastOrDefault(line => line.Contains($"Killed process {processId} ", StringComparison.Ordinal));
        return line?[(line.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim();
    }

    [LibraryImport("libc", EntryPoint = "klogctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Read(int action, byte* buffer, int length);
}
