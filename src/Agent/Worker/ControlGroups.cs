using System.Globalization;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Worker;

/// <summary>Where this process stands in the control groups of a machine, for memory (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).</summary>
/// <param name="tree">The machine's files.</param>
internal sealed class ControlGroups(SystemTree tree)
{
    /// <summary>The group below a unit's own that the agent moves to, so that workers can have groups beside it.</summary>
    public const string AgentGroup = "agent";

    private const string Mount = "/sys/fs/cgroup";
    private const string Controllers = "cgroup.controllers";
    private const string Enabled = "cgroup.subtree_control";
    private const string Members = "cgroup.procs";
    private const string Memory = "memory";

    // What version 1 says for "no limit" is the largest whole number of pages.
    private const long NoLimit = 1L << 62;

    /// <summary>The directory in which groups with a memory limit can be made, and whether it is of version 2; null where there is no memory controller.</summary>
    /// <exception cref="IOException">The kernel refused to let this process's group have groups with a memory limit.</exception>
    public (string Directory, bool Unified)? Parent()
    {
        if (Hierarchy() is { } legacy) return (Mount + "/memory" + legacy, false);
        if (Unified() is not { } path) return null;

        var own = Mount + path;
        if (Has(own, Enabled)) return (own, true);

        // Members and groups with controllers exclude each other. Where the group is this process's alone, as that of a unit with Delegate=, it moves one down.
        if (path.Length > 0 && Has(own, Controllers) && tree.TryText($"{own}/{Members}") == Own)
        {
            System.IO.Directory.CreateDirectory(tree.Path($"{own}/{AgentGroup}"));
            File.WriteAllText(tree.Path($"{own}/{AgentGroup}/{Members}"), Own);
            File.WriteAllText(tree.Path($"{own}/{Enabled}"), "+" + Memory);
            return (own, true);
        }

        var above = path.Length > 0 ? Mount + path[..path.LastIndexOf('/')] : own;
        return Has(above, Enabled) ? (above, true) : null;
    }

    /// <summary>Most memory that this process may have by its control groups; null for no limit.</summary>
    public long? Limit()
    {
        var (top, path, file) = Hierarchy() is { } legacy ? (Mount + "/memory", legacy, "memory.limit_in_bytes") : (Mount, Unified() ?? "", "memory.max");
        long? least = null;
        for (; ; path = path[..path.LastIndexOf('/')])
        {
            if (long.TryParse(tree.TryText($"{top}{path}/{file}"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes < (least ?? NoLimit)) least = bytes;
            if (path.Length == 0) return least;
        }
    }

    private static string Own => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private bool Has(string group, string file) => (tree.TryText($"{group}/{file}") ?? "").Split(' ', '\n').Contains(Memory);

    /// <summary>This process's group in version 1's hierarchy of the memory controller, without a final slash; null where there is none.</summary>
    private string? Hierarchy() => Lines().Where(parts => parts[1].Split(',').Contains(Memory)).Select(parts => parts[2].TrimEnd('/')).FirstOrDefault(path => tree.Has($"{Mount}/memory{path}/{Members}"));

    /// <summary>This process's group in version 2's hierarchy, without a final slash; null where there is none.</summary>
    private string? Unified() => Lines().Where(parts => parts is ["0", "", _]).Select(parts => parts[2].TrimEnd('/')).FirstOrDefault(path => tree.Has($"{Mount}{path}/{Controllers}"));

    private IEnumerable<string[]> Lines() => (tree.TryText("/proc/self/cgroup") ?? "").Split('\n').Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3);
}
