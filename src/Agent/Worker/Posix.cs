using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Worker;

/// <summary>The few system calls that .NET does not offer.</summary>
internal static partial class Posix
{
    public const int Sigkill = 9;
    private const int PrSetPdeathsig = 1;
    private const short PollError = 8;
    private const int ReadOnly = 0;
    private const int OwnUsage = 0;
    private const int ChildrensUsage = -1;

    /// <summary>Asks the kernel to kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void DieWithParent()
    {
        if (Prctl(PrSetPdeathsig, Sigkill, 0, 0, 0) != 0)
        {
            throw new IOException($"prctl(PR_SET_PDEATHSIG) failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Ends this process at once, running no handlers: native threads may be in the middle of a computation.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void ExitNow(int status);

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ParentProcessId();

    /// <summary>Processor time of this process and of its children that have ended and been waited for (getrusage(2)).</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static TimeSpan ProcessorTime()
    {
        if (GetUsage(OwnUsage, out var own) != 0 || GetUsage(ChildrensUsage, out var children) != 0)
        {
            throw new IOException($"getrusage failed with errno {Marshal.GetLastPInvokeError()}.");
        }

        return own.ProcessorTime + children.ProcessorTime;
    }

    /// <summary>Whether a descriptor is a pipe that nobody reads any more (poll(2): POLLERR at a pipe's writing end). A write to it would tell, but .NET passes over that error.</summary>
    public static bool ReaderIsGone(int descriptor)
    {
        var polled = new Polled { Descriptor = descriptor };
        return Poll(ref polled, 1, 0) > 0 && (polled.Returned & PollError) != 0;
    }

    /// <summary>Makes the names in a directory durable: a rename is on disk once its directory is (fsync(2)).</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void FlushDirectory(string directory)
    {
        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0) throw new IOException($"{directory}: cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        try
        {
            if (Flush(descriptor) != 0) throw new IOException($"{directory}: cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetUsage(int who, out Usage usage);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref Polled polled, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Wanted;
        public short Returned;
    }

    /// <summary>struct rusage of a 64-bit Linux: two times and fourteen counts.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;

        public readonly TimeSpan ProcessorTime => TimeSpan.FromSeconds(UserSeconds + SystemSeconds) + TimeSpan.FromMicroseconds(UserMicroseconds + SystemMicroseconds);
    }
}
