using System.Runtime.InteropServices;

namespace EdgeFleet.Cli.Up;

/// <summary>The terminal on which <c>up</c> was started.</summary>
internal static partial class Terminal
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Leaves a terminal that was closed: what is still said goes nowhere instead of failing. Files and pipes stay.</summary>
    public static void Leave()
    {
        using var nowhere = File.OpenHandle("/dev/null", access: FileAccess.Write);
        if (!Console.IsOutputRedirected) _ = Duplicate((int)nowhere.DangerousGetHandle(), StandardOutput);
        if (!Console.IsErrorRedirected) _ = Duplicate((int)nowhere.DangerousGetHandle(), StandardError);
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Duplicate(int from, int to);
}
