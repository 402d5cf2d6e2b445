using System.Globalization;

namespace EdgeFleet.Agent.Worker;

/// <summary>
/// A control group that bounds a worker's memory, below the agent's own: version 2 (Documentation/admin-guide/cgroup-v2.rst) or 1
/// (Documentation/admin-guide/cgroup-v1/memory.rst). What exceeds it is killed by the kernel; the rest of the machine is not touched.
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
    /// <exception cref="IOException">The kernel or its configuration does not allow it; the message says what to do.</exception>
    public static MemoryControlGroup Create(long bytes)
    {
        var (parent, unified) = Parent() ?? throw new IOException("There is no memory controller of control groups, so that a worker's memory cannot be limited.");
        var directory = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"edgefleet-{Environment.ProcessId}-{Interlocked.Increment(ref made)}"));
        try
        {
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
                $"A control group with a memory limit could not be made in {parent} ({exception.Message.TrimEnd('.')}). Run the agent with Delegate=memory in its unit, or without --memory-limit.", exception);
        }
    }

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

    /// <summary>Where groups are made: the agent's own group, or the one above it where processes of version 2 may not have both members and children.</summary>
    private static (string Directory, bool Unified)? Parent()
    {
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            var parts = line.Split(':', 3);
            if (parts is [_, var controllers, var path] && controllers.Split(',').Contains("memory") && Directory.Exists("/sys/fs/cgroup/memory" + path)) return ("/sys/fs/cgroup/memory" + path, false);
        }

        foreach (var line in File.ReadLines("/proc/self/cgroup").Where(line => line.StartsWith("0::", StringComparison.Ordinal)))
        {
            var own = "/sys/fs/cgroup" + line[3..].TrimEnd('/');
            foreach (var candidate in (string[])[own, Path.GetDirectoryName(own) ?? own])
            {
                var subtree = Path.Combine(candidate, "cgroup.subtree_control");
                if (File.Exists(subtree) && File.ReadAllText(subtree).Split(' ', '\n').Contains("memory")) return (candidate, true);
            }
        }

        return null;
    }
}
