using System.Diagnostics;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Tests.Telemetry;
using EdgeFleet.Agent.Worker;
using Xunit;

namespace EdgeFleet.Agent.Tests.Observation;

/// <summary>Work of others while a run lasts.</summary>
public sealed class OtherWorkTests
{
    [Fact]
    public void Ticks_are_those_of_the_whole_machine()
    {
        using var device = new SimulatedDevice("desktop");
        device.Write("/proc/stat", "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 50 0 25 400 25 0 0 0\ncpu1 50 0 25 400 25 0 0 0\nintr 1\n");
        var before = ProcessorTicks.Read(device.Tree);
        Assert.Equal(new ProcessorTicks(150, 1000, 2), before);

        // 100 ticks for each of two processors: 60 busy in user mode, 20 taken away by a hypervisor, 120 idle.
        device.Write("/proc/stat", "cpu  160 0 50 900 70 0 0 20 0 0\ncpu0 80 0 25 450 35 0 0 10\ncpu1 80 0 25 450 35 0 0 10\nintr 1\n");
        Assert.Equal(0.8, ProcessorTicks.Read(device.Tree).BusySince(before), 1e-12);
        Assert.Equal(0, before.BusySince(before));
    }

    [Theory]
    [InlineData(2, 20, 10, 0)]
    [InlineData(2, 12, 10, 0.8)]
    [InlineData(0.5, 8, 10, 0)]
    [InlineData(1, 0, 0, 0)]
    public void What_a_run_itself_used_is_not_others_work(double busy, double ownSeconds, double seconds, double expected) =>
        Assert.Equal(expected, OtherWork.Processors(busy, TimeSpan.FromSeconds(ownSeconds), TimeSpan.FromSeconds(seconds)), 1e-12);

    [Fact]
    public void Time_of_this_process_and_of_its_ended_children_is_counted()
    {
        var before = Posix.ProcessorTime();
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 100) Thread.SpinWait(1000);
        var own = Posix.ProcessorTime();
        Assert.True(own > before);
        using (var child = Process.Start("/bin/sh", ["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"]))
        {
            child.WaitForExit();
        }

        Assert.True(Posix.ProcessorTime() - own > TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void A_machine_that_tells_nothing_accuses_nobody()
    {
        var empty = new SystemTree(Directory.CreateTempSubdirectory("edgefleet-test-").FullName);
        Assert.Null(OtherWork.Begin(empty).End(empty));
        Directory.Delete(empty.Root);
    }
}
