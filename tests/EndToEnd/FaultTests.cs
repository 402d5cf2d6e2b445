using EdgeFleet.EndToEnd.Harness;
using Xunit;

namespace EdgeFleet.EndToEnd;

[Collection(SharedFleetTests.Name)]
public sealed class FaultTests(SharedFleet shared)
{
    [Fact]
    public async Task A_run_is_finished_while_the_network_is_cut_and_a_power_cut_of_the_spool_costs_a_repetition_not_a_run()
    {
        var fleet = shared.Fleet;
        var network = fleet.Network();
        var agent = fleet.Agent("remote", network);
        await agent.ConnectAsync();

        // Cut while the run is performed: it ends offline, and is delivered when the network is back.
        var first = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name=remote", "8", 1, "tiny-llama"));
        await agent.Process.SaysAsync(" attempt 1:");
        network.Cut();
        await agent.Process.SaysAsync(" ended: Completed");
        network.Restore();
        await fleet.AssertCompletedAsync(first, 1);

        // The same again, and then the power fails while the trace waits: its last bytes never reach the disk.
        var second = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name=remote", "16", 1, "tiny-llama"));
        await agent.Process.SaysAsync(" attempt 1:", 2);
        network.Cut();
        await agent.Process.SaysAsync(" ended: Completed", 2);
        var spool = agent.Spool;
        await Wait.UntilAsync(() => Directory.EnumerateFiles(spool, "*.segment").Any(file => new FileInfo(file).Length > 0), () => "the trace is in the spool");
        await agent.KillAsync();
        foreach (var segment in Directory.EnumerateFiles(spool, "*.segment"))
        {
            await using var file = File.OpenWrite(segment);
            file.SetLength(Math.Max(0, file.Length - 10));
        }

        network.Restore();
        await agent.ConnectAsync();
        await fleet.AssertCompletedAsync(second, 1);
        Assert.Equal(2U, (await fleet.Collector.RunsAsync(second))[0].Attempt);
        var level = Assert.Single(await fleet.AccountedAsync(agent));
        Assert.Equal(level.Produced, level.Acknowledged + level.Dropped["corrupt"]);
    }

    [Fact]
    public async Task A_collector_that_moved_is_found_by_the_file_with_its_address()
    {
        var fleet = shared.Fleet;
        var here = fleet.Network();
        var agent = fleet.Agent("follower", here);
        await agent.ConnectAsync();

        var elsewhere = fleet.Network();
        var file = Path.Combine(fleet.Root, "follower-join");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace($":{here.Port}#", $":{elsewhere.Port}#", StringComparison.Ordinal));
        here.Cut();
        await agent.Process.SaysAsync("Connected to ", 2);
    }

    [Fact]
    public async Task A_full_disk_drops_the_trace_with_its_reason_and_the_run_is_performed_again_when_there_is_room()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("full");
        var spool = Directory.CreateDirectory(Path.Combine(agent.State, "spool")).FullName;
        using var disk = SmallDisk.Mount(spool, "256k");
        if (disk is null) Assert.Skip("a tmpfs cannot be mounted here (that takes root)");
        await agent.ConnectAsync();

        disk.Fill();
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name=full", "8", 1, "tiny-llama"));
        await agent.Process.SaysAsync("could not be kept");
        disk.Free();
        await fleet.AssertCompletedAsync(sweep, 1);
        var level = Assert.Single(await fleet.AccountedAsync(agent));
        Assert.True(level.Dropped["disk_error"] >= 1);
        Assert.Equal(1UL, level.Acknowledged);
    }

    [Fact]
    public async Task A_cloned_state_directory_is_refused_on_the_same_hardware_and_becomes_a_new_device_on_other_hardware()
    {
        var fleet = shared.Fleet;
        var original = fleet.Agent("original");
        await original.ConnectAsync();
        await Copy(original.State, Path.Combine(fleet.Root, "clone"));
        var clone = fleet.Agent("clone");
        await clone.StartAsync();
        await clone.Process.SaysAsync("another stream of this device is alive");
        Assert.Equal(original.DeviceId, clone.DeviceId);
        Assert.Equal(0, clone.Process.Count("Connected to"));
        await clone.KillAsync();

        // What the directory remembers of its hardware is not this machine.
        var hardware = Path.Combine(clone.State, "hardware");
        var known = (await File.ReadAllTextAsync(hardware)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (known.Length == 0) Assert.Skip("this machine tells nothing that identifies its hardware");
        await File.WriteAllLinesAsync(hardware, known.Select(line => line + "-other"));
        await clone.ConnectAsync();
        Assert.NotEqual(original.DeviceId, clone.DeviceId);
        Assert.Equal(2, (await fleet.Collector.DevicesAsync()).Count(device => device.Online && device.Labels["name"] is ("original" or "clone")));

        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name in (original, clone)", "8", 1, "tiny-llama"));
        await fleet.AssertCompletedAsync(sweep, 2);
        await fleet.AccountedAsync(original, clone);
    }

    private static async Task Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "lock"))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);

            // The agent holds some of them open for itself; another program may read all the same.
            using var copy = new TestProcess("/bin/cp", file, target);
            var status = await copy.ExitAsync();

            // The agent lives: what it writes to be renamed may be gone by now, and nothing else.
            Assert.True(status == 0 || !File.Exists(file), $"cp {file} ended with status {status}");
        }
    }
}
