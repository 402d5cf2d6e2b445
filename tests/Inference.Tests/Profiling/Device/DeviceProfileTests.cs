using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.Profiling.Device;
using Xunit;

namespace EdgeFleet.Inference.Tests.Profiling.Device;

public sealed class DeviceProfileTests
{
    [Fact]
    public void Busy_time_counts_overlaps_once_and_gaps_are_the_rest()
    {
        var profile = DeviceProfile.Of(
        [
            new DeviceActivity("nvjet_a", 100, 200), new DeviceActivity("memset", 150, 160), new DeviceActivity("nvjet_a", 190, 250), new DeviceActivity("strange", 300, 310),
        ]);

        Assert.Equal((160, 50), (profile.BusyNs, profile.GapNs));
        Assert.Equal(
            [
                new NodeTime("nvjet_a", "nvjet_a", OperatorClass.Gemm, DeviceProfile.Provider, string.Empty, 2, 150),
                new NodeTime("strange", "strange", OperatorClass.Other, DeviceProfile.Provider, string.Empty, 1, 10),
                new NodeTime("memset", "memset", OperatorClass.Memory, DeviceProfile.Provider, string.Empty, 1, 0),
            ],
            profile.Kernels);
    }

    [Fact]
    public void Nothing_recorded_is_nothing_busy() => Assert.Equal((0, 0, 0), (DeviceProfile.Of([]).BusyNs, DeviceProfile.Of([]).GapNs, DeviceProfile.Of([]).Kernels.Length));
}
