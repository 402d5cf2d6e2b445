using System.Globalization;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Worker;

/// <summary>
/// A control group that bounds a worker's memory, below the agent's own, of version 1 or 2. What exceeds it is killed by the kernel; the rest of the machine is not touched.
/// </summary>
internal sealed class MemoryControlGroup : IDisposable
{
    private static int made;
    private readonly string directory;
    private readonly bool unified;

    private MemoryControlGroup(string directory, bool unified)
    {
        this.directory = directory;
        this.unified = unified;
    }

    /// <summary>Makes a group.</summary>
    /// <param name="bytes">Most memory of its processes.</param>
    /// <param name="tree">The machine's files.</param>
    /// <exception cref="IOException">The kernel or its configuration does not allow it; the message says what to do.</exception>
    public static MemoryControlGroup Create(long bytes, SystemTree tree)
    {
        string? directory = null;
        try
        {
            var (parent, unified) = new ControlGroups(tree).Parent() ?? throw new IOException("no memory controller is there for this process's group");
            directory = tree.Path(string.Create(CultureInfo.InvariantCulture, $"{parent}/edgefleet-{Environment.ProcessId}-{Interlocked.Increment(ref made)}"));
            Directory.CreateDirectory(directory);
            var group = new MemoryControlGroup(directory, unified);
            var limit = bytes.ToString(CultureInfo.InvariantCulture);
            File.WriteAllText(Path.Combine(directory, unified ? "memory.max" : "memory.limit_in_bytes"), limit);
            group.ForbidSwap(limit);
            return group;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            if (Directory.Exists(directory)) Directory.Delete(directory);
            throw new IOException(
                $"A control group with a memory limit could not be made ({exception.Message.TrimEnd('.')}). Run the agent as a unit with Delegate=yes, under "
                + "'systemd-run --scope -p Delegate=yes', or without --memory-limit.", exception);
        }
    }

    /// <summary>Most memory that this process may have by its control groups; null for no limit.</summary>
    public static long? LimitOfThisProcess() => new ControlGroups(SystemTree.Machine).Limit();

    /// <summary>Moves a process into the group.</summary>
    public void Add(int processId) => File.WriteAllText(Path.Combine(directory, "cgroup.procs"), processId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Processes of the group that the kernel killed for memory.</summary>
    public long Kills() => OutOfMemoryEvents.Field(Path.Combine(directory, unified ? "memory.events" : "memory.oom_control"), "oom_kill");

    public void Dispose()
    {
        // The kernel takes a moment to let go of a process that has ended.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                Directory.Delete(directory);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(10);
            }
        }
    }

    private void ForbidSwap(string limit)
    {
        // Absent where the kernel does not account for swap; then there is nothing to forbid.
        var file = Path.Combine(directory, unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
        if (File.Exists(file)) File.WriteAllText(file, unified ? "0" : limit);
    }
}
