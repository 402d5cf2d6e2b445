using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Worker;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>Control groups as files in a directory: what is written where, on machines of either version. A real limit is in <see cref="MemoryLimitTests"/>.</summary>
public sealed class ControlGroupTests : IDisposable
{
    private const string Unit = "/sys/fs/cgroup/system.slice/edgefleet-agent.service";
    private readonly string root = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    private SystemTree Tree => new(root);

    [Fact]
    public void In_a_unit_of_its_own_the_agent_moves_down_and_makes_room_for_workers()
    {
        Write("/proc/self/cgroup", "0::/system.slice/edgefleet-agent.service\n");
        Write($"{Unit}/cgroup.controllers", "cpu memory pids\n");
        Write($"{Unit}/cgroup.subtree_control", "\n");
        Write($"{Unit}/cgroup.procs", $"{Environment.ProcessId}\n");

        Assert.Equal((Unit, true), new ControlGroups(Tree).Parent());

        Assert.Equal($"{Environment.ProcessId}", Read($"{Unit}/agent/cgroup.procs"));
        Assert.Equal("+memory", Read($"{Unit}/cgroup.subtree_control"));

        // From then on the agent is found one down.
        Write("/proc/self/cgroup", "0::/system.slice/edgefleet-agent.service/agent\n");
        Write($"{Unit}/cgroup.subtree_control", "memory\n");
        Write($"{Unit}/agent/cgroup.controllers", "memory\n");
        Write($"{Unit}/agent/cgroup.subtree_control", "\n");
        Write($"{Unit}/agent/cgroup.procs", $"1\n{Environment.ProcessId}\n");
        Assert.Equal((Unit, true), new ControlGroups(Tree).Parent());
    }

    [Fact]
    public void Processes_of_others_are_not_moved()
    {
        Write("/proc/self/cgroup", "0::/user.slice/session.scope\n");
        Write("/sys/fs/cgroup/user.slice/session.scope/cgroup.controllers", "memory\n");
        Write("/sys/fs/cgroup/user.slice/session.scope/cgroup.subtree_control", "\n");
        Write("/sys/fs/cgroup/user.slice/session.scope/cgroup.procs", $"1\n{Environment.ProcessId}\n");
        Assert.Null(new ControlGroups(Tree).Parent());

        Write("/sys/fs/cgroup/user.slice/cgroup.subtree_control", "cpu memory\n");
        Assert.Equal(("/sys/fs/cgroup/user.slice", true), new ControlGroups(Tree).Parent());
        Assert.False(Directory.Exists(root + "/sys/fs/cgroup/user.slice/session.scope/agent"));
    }

    [Fact]
    public void A_group_of_version_2_gets_its_limit_and_no_swap()
    {
        Write("/proc/self/cgroup", "0::/\n");
        Write("/sys/fs/cgroup/cgroup.controllers", "memory\n");
        Write("/sys/fs/cgroup/cgroup.subtree_control", "memory\n");

        _ = MemoryControlGroup.Create(64 << 20, Tree);

        var made = Assert.Single(Directory.GetDirectories(root + "/sys/fs/cgroup"));
        Assert.Equal("67108864", File.ReadAllText(made + "/memory.max"));
    }

    [Fact]
    public void Version_1_is_taken_where_it_has_the_memory()
    {
        Write("/proc/self/cgroup", "4:cpu,memory:/a/b\n0::/\n");
        Write("/sys/fs/cgroup/memory/a/b/cgroup.procs", "");
        Write("/sys/fs/cgroup/cgroup.controllers", "\n");
        Assert.Equal(("/sys/fs/cgroup/memory/a/b", false), new ControlGroups(Tree).Parent());
    }

    [Fact]
    public void The_limit_is_the_least_of_a_process_and_the_groups_above()
    {
        Write("/proc/self/cgroup", "0::/a/b\n");
        Write("/sys/fs/cgroup/a/b/cgroup.controllers", "memory\n");
        Write("/sys/fs/cgroup/a/b/memory.max", "max\n");
        Assert.Null(new ControlGroups(Tree).Limit());
        Write("/sys/fs/cgroup/a/memory.max", "2000000000\n");
        Write("/sys/fs/cgroup/a/b/memory.max", "3000000000\n");
        Assert.Equal(2_000_000_000, new ControlGroups(Tree).Limit());

        // Version 1 says the largest whole number of pages.
        Write("/proc/self/cgroup", "4:memory:/c\n");
        Write("/sys/fs/cgroup/memory/c/cgroup.procs", "");
        Write("/sys/fs/cgroup/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Null(new ControlGroups(Tree).Limit());
    }

    [Fact]
    public void The_kernels_line_on_a_kill_is_found_by_the_process()
    {
        const string log = """
            <6>[   10.5] something Killed process 42 (not this one)
            <3>[   11.25] Memory cgroup out of memory: Killed process 421 (edgefleet-agent) total-vm:1kB, anon-rss:2kB
            <3>[   12.5] Out of memory: Killed process 42 (edgefleet-agent) total-vm:3kB, anon-rss:4kB
            <6>[   13.0] eth0: link up
            """;
        Assert.Equal("Out of memory: Killed process 42 (edgefleet-agent) total-vm:3kB, anon-rss:4kB", KernelLog.Find(log, 42));
        Assert.Null(KernelLog.Find(log, 4));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private void Write(string absolute, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root + absolute)!);
        File.WriteAllText(root + absolute, text);
    }

    private string Read(string absolute) => File.ReadAllText(root + absolute);
}
