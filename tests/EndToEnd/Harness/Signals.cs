using System.Runtime.InteropServices;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>kill(2).</summary>
internal static partial class Signals
{
    public static void Send(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
