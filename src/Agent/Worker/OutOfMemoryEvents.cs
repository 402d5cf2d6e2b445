using System.Globalization;

namespace EdgeFleet.Agent.Worker;

/// <summary>Counts processes that the kernel killed for memory, so that a killed worker can be told from one that someone else killed.</summary>
internal static class OutOfMemoryEvents
{
    /// <summary>Kills counted by the system and by this process's control group; 0 where neither can be read.</summary>
    public static long Count() => Field("/proc/vmstat", "oom_kill") + Field(ControlGroupFile(), "oom_kill");

    private static string ControlGroupFile()
    {
        try
        {
            // Version 2 has one line "0::/path".
            var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(entry => entry.StartsWith("0::", StringComparison.Ordinal));
            return line is null ? "" : $"/sys/fs/cgroup{line[3..].TrimEnd('/')}/memory.events";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>A field of a file of names and numbers; 0 where it is not there.</summary>
    public static long Field(string path, string name)
    {
        if (!File.Exists(path)) return 0;
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split(' ') is [var key, var value] && key == name) return long.Parse(value, CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
