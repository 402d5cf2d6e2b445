using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EdgeFleet.Cli.Up;

/// <summary>
/// A program that <c>up</c> runs. It has a session of its own, so that Ctrl-C on the terminal reaches <c>up</c> alone, which stops its programs in order;
/// it gets SIGTERM from the kernel when <c>up</c> is killed; what it says goes to a log file.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int Terminate = 15;
    private const int Kill = 9;
    private const int TailLines = 5;

    // setsid makes the session, setpriv the kernel's promise; both exec, so that the process is the program itself.
    private const string Launch = "log=$1; shift; exec \"$@\" > \"$log\" 2>&1 < /dev/null";

    private readonly Process process;
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(string name, string log, Process process)
    {
        Name = name;
        Log = log;
        this.process = process;
    }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>Where its words go; the file of the start before has <c>.previous</c> after its name.</summary>
    public string Log { get; }

    /// <summary>Completes with its exit status; 128 + signal when one ended it.</summary>
    public Task<int> Exited => exited.Task;

    /// <summary>Starts a program.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<ChildProcess> StartAsync(string name, string program, IReadOnlyList<string> arguments, string log)
    {
        if (File.Exists(log)) File.Move(log, log + ".previous", overwrite: true);
        var start = new ProcessStartInfo("setsid", ["setpriv", "--pdeathsig", "TERM", "--", "sh", "-c", Launch, "sh", log, program, .. arguments]);
        var child = new ChildProcess(name, log, new Process { StartInfo = start });
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // The kernel's promise follows the thread that started the program: this one lives as long as the program.
        new Thread(() => child.Run(started)) { IsBackground = true, Name = name }.Start();
        try
        {
            await started.Task;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"The {name} cannot be started: {error.Message} (setsid and setpriv of util-linux are needed).", error);
        }

        return child;
    }

    /// <summary>Asks it to stop, and ends it and all that it started when it takes too long.</summary>
    /// <param name="patience">How long it may take.</param>
    /// <param name="hurry">Ends the patience.</param>
    /// <returns>Whether it stopped by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan patience, CancellationToken hurry)
    {
        if (Exited.IsCompleted) return true;
        _ = Signal(process.Id, Terminate);
        try
        {
            await Exited.WaitAsync(patience, hurry);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            _ = Signal(-process.Id, Kill);
            await Exited;
            return false;
        }
    }

    /// <summary>The last lines that it said.</summary>
    public string Tail()
    {
        if (!File.Exists(Log)) return "";
        string[] lines = [.. File.ReadLines(Log).Where(l => l.Length > 0)];

        // What is meant for people comes without structure.
        string[] words = [.. lines.Where(l => !l.StartsWith('{'))];
        return string.Join('\n', (words.Length > 0 ? words : lines).TakeLast(TailLines));
    }

    /// <summary>Forgets it; it must have exited.</summary>
    public void Dispose() => process.Dispose();

    private void Run(TaskCompletionSource started)
    {
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            started.SetException(error);
            return;
        }

        started.SetResult();
        process.WaitForExit();
        exited.SetResult(process.ExitCode);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
