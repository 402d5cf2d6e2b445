using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Tests.Telemetry;
using Xunit;

namespace EdgeFleet.Agent.Tests.Observation;

public sealed class SensorGaugesTests
{
    [Fact]
    public void A_board_tells_what_the_collector_exports_and_nothing_else()
    {
        using var device = new SimulatedDevice("orin-nano");
        using var gauges = new SensorGauges(device.Probe());
        var read = Read(gauges);
        Assert.Equal(49.906, read["temperature_celsius/gpu-thermal"], 1e-9);
        Assert.Equal(624.75e6, read["clock_hertz/gpu"]);
        Assert.Equal(0.437, read["utilization_ratio/gpu"], 1e-9);
        Assert.Equal(7802336.0 / 2 * 1024, read["memory_used_bytes/system"]);
        Assert.Equal(4.984 * 1.856, read["power_watts/VDD_IN"], 1e-9);
        Assert.Equal(
            ["clock_hertz", "memory_used_bytes", "power_watts", "temperature_celsius", "throttled", "utilization_ratio"],
            read.Keys.Select(name => name.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_unit_is_throttled_from_the_heartbeat_that_sees_a_new_event_to_the_next_without_one()
    {
        using var device = new SimulatedDevice("orin-nano");
        using var gauges = new SensorGauges(device.Probe());
        Assert.Equal(0, Read(gauges)["throttled/oc3"]);
        device.Write(Counter(device), "3\n");
        Assert.Equal((1, 0), (Read(gauges)["throttled/oc3"], Read(gauges)["throttled/oc3"]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0x1, 0)] // idle
    [InlineData(0x2, 0)] // clocks set by a user
    [InlineData(0x4, 1)] // power cap
    [InlineData(0x41, 1)] // idle, and too hot
    public void A_gpu_is_throttled_while_power_or_temperature_hold_its_clocks_down(long reasons, double throttled)
    {
        using var gauges = new SensorGauges(SensorSet.Probe([new OneSensor(new DerivedSensor(new SensorName(Metrics.ThrottleReasons, "nvml", "gpu0"), 1, () => reasons))]));
        Assert.Equal(throttled, Assert.Single(Read(gauges), gauge => gauge.Key == "throttled/gpu0").Value);
    }

    private static string Counter(SimulatedDevice device) =>
        device.Tree.Directories("/sys/class/hwmon", "hwmon*").Select(monitor => monitor + "/oc3_event_cnt").Single(device.Tree.Has);

    private static Dictionary<string, double> Read(SensorGauges gauges)
    {
        var read = new Dictionary<string, double>();
        gauges.Read(read);
        return read;
    }

    private sealed class OneSensor(ISensor sensor) : ISensorSource
    {
        public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing) => [sensor];

        public void Dispose()
        {
        }
    }
}
