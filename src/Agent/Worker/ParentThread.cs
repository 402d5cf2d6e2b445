using System.ComponentModel;
using System.Diagnostics;

namespace EdgeFleet.Agent.Worker;

/// <summary>
/// Starts a process from a thread that lives until the process has ended: the kernel sends a parent-death signal when the starting
/// <i>thread</i> ends (prctl(2)), so that a worker started from a pool thread could be killed at any time.
/// </summary>
internal sealed class ParentThread(Process process) : IDisposable
{
    private readonly ManualResetEventSlim release = new();
    private Thread? thread;

    /// <summary>Starts the process.</summary>
    /// <returns>Null, or why it could not be started.</returns>
    public string? Start()
    {
        string? refusal = null;
        using var started = new ManualResetEventSlim();
        thread = new Thread(() =>
        {
            try
            {
                process.Start();
            }
            catch (Win32Exception exception)
            {
                refusal = exception.Message;
            }
            finally
            {
                started.Set();
            }

            release.Wait();
        })
        {
            IsBackground = true,
            Name = "worker parent",
        };
        thread.Start();
        started.Wait();
        return refusal;
    }

    public void Dispose()
    {
        release.Set();
        thread?.Join();
        release.Dispose();
    }
}
