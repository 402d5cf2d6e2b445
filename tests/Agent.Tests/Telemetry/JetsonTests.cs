using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using Xunit;

namespace EdgeFleet.Agent.Tests.Telemetry;

public sealed class JetsonTests
{
    [Theory]
    [InlineData("orin-nano", "VDD_IN", 4.984 * 1.856)]
    [InlineData("orin-nano", "VDD_CPU_GPU_CV", 4.976 * 0.640)]
    [InlineData("orin-nano", "VDD_SOC", 4.976 * 0.440)]
    [InlineData("orin-nx", "VDD_IN", 5.008 * 2.240)]
    [InlineData("agx-orin", "VDD_GPU_SOC", 5.024 * 1.600)]
    [InlineData("agx-orin", "VDDQ_VDD2_1V8AO", 4.968 * 0.200)]
    [InlineData("agx-orin", "module", (5.024 * 2.000) + (4.968 * 0.953))]
    public void Rails_are_volts_times_amperes_and_the_total_counts_no_rail_twice(string board, string rail, double watts)
    {
        using var device = new SimulatedDevice(board);
        using var sensors = device.Probe();
        var sensor = sensors.Sensors.Single(sensor => sensor.Name == new SensorName(Metrics.PowerWatts, "ina3221", rail));
        Assert.Equal(watts, sensor.Read(), 1e-9);
        Assert.InRange(sensor.Resolution, 0.01, 0.2);
    }

    [Theory]
    [InlineData("orin-nano", "Jetson Orin Nano Developer Kit", "15W", "not pinned: policy0, policy4, gpu")]
    [InlineData("orin-nx", "Jetson Orin NX 16GB", "25W", "pinned")]
    [InlineData("agx-orin", "Jetson AGX Orin", "30W", "not pinned: policy0, policy4, policy8, gpu")]
    public void Module_release_power_mode_and_clocks_are_read(string board, string module, string mode, string clocks)
    {
        using var device = new SimulatedDevice(board);
        Assert.Equal(new JetsonConditions(module, "R36.4.3", mode, clocks), JetsonConditions.Read(device.Tree));
    }

    [Theory]
    [InlineData("orin-nano", 49.906, 624.75e6, "cpu4", 1190.4e6, 2, 7802336)]
    [InlineData("orin-nx", 49.906, 918e6, "cpu4", 1984e6, 0, 15991616)]
    [InlineData("agx-orin", 44.343, 612e6, "cpu8", 1190.4e6, 12, 64349984)]
    public void Every_documented_sensor_of_a_board_is_there_and_none_is_missing(string board, double gpuCelsius, double gpuHertz, string domain, double cpuHertz, double throttled, long memoryKilobytes)
    {
        using var device = new SimulatedDevice(board);
        using var sensors = device.Probe();
        Assert.Empty(sensors.Unavailable);
        double Value(string metric, string source, string label) => sensors.Sensors.Single(sensor => sensor.Name == new SensorName(metric, source, label)).Read();
        Assert.Equal(gpuCelsius, Value(Metrics.TemperatureCelsius, "thermal", "gpu-thermal"), 1e-9);
        Assert.Equal(gpuHertz, Value(Metrics.ClockHertz, "devfreq", "gpu"));
        Assert.Equal(0.437, Value(Metrics.UtilizationRatio, "devfreq", "gpu"), 1e-9);
        Assert.Equal(cpuHertz, Value(Metrics.ClockHertz, "cpufreq", domain), 1e-3);
        Assert.Equal(throttled, Value(Metrics.ThrottleEvents, "soctherm", "oc3"));
        Assert.Equal(0.4, Value(Metrics.FanRatio, "hwmon", "pwmfan"), 1e-9);
        Assert.Equal(2140, Value(Metrics.FanRevolutionsPerMinute, "hwmon", "pwm_tach"));

        // Processor and GPU share this memory.
        Assert.Equal(memoryKilobytes * 1024.0, Value(Metrics.MemoryAvailableBytes, "proc", "") + Value(Metrics.MemoryUsedBytes, "proc", ""));
    }

    [Theory]
    [InlineData("orin-nano")]
    [InlineData("orin-nx")]
    [InlineData("agx-orin")]
    public void Throttling_events_are_counted_on_each_board(string board)
    {
        using var device = new SimulatedDevice(board);
        using var sensors = device.Probe();
        var counter = sensors.Sensors.Single(sensor => sensor.Name == new SensorName(Metrics.ThrottleEvents, "soctherm", "oc2"));
        var before = counter.Read();
        var file = Directory.EnumerateFiles(device.Tree.Path("/sys/class/hwmon"), "oc2_event_cnt", SearchOption.AllDirectories).Single();
        File.WriteAllText(file, $"{before + 3}\n");
        Assert.Equal(before + 3, counter.Read());
    }

    [Theory]
    [InlineData("/sys/class/thermal/thermal_zone1/temp", "garbage", "holds 'garbage', which is no number")]
    [InlineData("/sys/class/thermal/thermal_zone1/temp", "999999", "which is outside -55 to 175")]
    [InlineData("/sys/class/devfreq/17000000.gpu/device/load", "5000", "which is outside 0 to 1")]
    [InlineData("/sys/class/devfreq/17000000.gpu/cur_freq", "", "which is no number")]
    public void Garbage_of_any_sensor_is_unavailable_with_the_reason(string file, string text, string reason)
    {
        using var device = new SimulatedDevice("orin-nx");
        device.Write(file, text);
        using var sensors = device.Probe();
        Assert.Contains(reason, Assert.Single(sensors.Unavailable).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rail_that_is_lacking_or_renamed_is_unavailable_and_says_what_is_there()
    {
        using var device = new SimulatedDevice("agx-orin");
        device.Write("/sys/class/hwmon/hwmon1/in2_label", "VDD_NEW_NAME\n");
        using var sensors = device.Probe();
        var reason = sensors.Unavailable.Single(missing => missing.Name.Label == "VDD_CPU_CV").Reason;
        Assert.Contains("no INA3221 channel has its label: there are VDDQ_VDD2_1V8AO, VDD_GPU_SOC, VDD_NEW_NAME, VIN_SYS_5V0", reason, StringComparison.Ordinal);

        // The renamed rail is read under its name; the sum would be wrong and is not claimed.
        Assert.Contains(sensors.Sensors, sensor => sensor.Name.Label == "VDD_NEW_NAME");
        Assert.Contains("the sum needs", sensors.Unavailable.Single(missing => missing.Name.Label == "module").Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage", "holds 'garbage', which is no number")]
    [InlineData("", "holds '', which is no number")]
    [InlineData("99999999999", "which is outside 0 to 5000")]
    [InlineData("-5000", "which is outside 0 to 5000")]
    public void A_rail_that_returns_garbage_is_unavailable_with_the_reason(string current, string reason)
    {
        using var device = new SimulatedDevice("orin-nx");
        device.Write("/sys/class/hwmon/hwmon1/curr1_input", current);
        using var sensors = device.Probe();
        Assert.Contains(reason, sensors.Unavailable.Single(missing => missing.Name.Label == "VDD_IN").Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(sensors.Sensors, sensor => sensor.Name.Label == "VDD_IN");
    }

    [Fact]
    public void A_board_without_monitors_says_so_and_reads_the_rest()
    {
        using var device = new SimulatedDevice("orin-nano");
        for (var i = 1; i <= 4; i++) device.Delete($"/sys/class/hwmon/hwmon{i}/name");
        device.Delete("/var/lib/nvpmodel/status");
        using var sensors = device.Probe();
        Assert.Contains(sensors.Unavailable, missing => missing.Name.Label == "VDD_IN" && missing.Reason.EndsWith("no rail is there", StringComparison.Ordinal));
        Assert.Contains(sensors.Unavailable, missing => missing.Name.Source == "soctherm");
        Assert.Contains(sensors.Sensors, sensor => sensor.Name.Source == "thermal");
        Assert.Equal("unavailable: /var/lib/nvpmodel/status does not exist", JetsonConditions.Read(device.Tree)!.PowerMode);
    }

    [Fact]
    public void A_machine_that_is_no_Jetson_has_no_module()
    {
        using var device = new SimulatedDevice("desktop");
        Assert.Null(JetsonConditions.Read(device.Tree));
    }
}
