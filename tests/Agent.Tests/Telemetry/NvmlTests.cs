using System.Diagnostics;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Nvidia;
using Xunit;

namespace EdgeFleet.Agent.Tests.Telemetry;

public sealed class NvmlTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    [Fact]
    public void Values_come_in_base_units_per_gpu()
    {
        using var sensors = Probe();
        double Value(string metric, string label) => sensors.Sensors.Single(sensor => sensor.Name == new SensorName(metric, "nvml", label)).Read();
        Assert.Equal(251.5, Value(Metrics.PowerWatts, "gpu0"), 1e-9);
        Assert.Equal(251.501, Value(Metrics.PowerWatts, "gpu1"), 1e-9);
        Assert.Equal(1980e6, Value(Metrics.ClockHertz, "gpu0"));
        Assert.Equal(2619e6, Value(Metrics.ClockHertz, "gpu0 memory"));
        Assert.Equal(0.87, Value(Metrics.UtilizationRatio, "gpu0"), 1e-9);
        Assert.Equal(30, Value(Metrics.MemoryUsedBytes, "gpu0"));
        Assert.Equal(61, Value(Metrics.TemperatureCelsius, "gpu0"));
        Assert.Equal(4, Value(Metrics.ThrottleReasons, "gpu0"));
        var first = Value(Metrics.EnergyJoules, "gpu0");
        Assert.Equal(0.5, Value(Metrics.EnergyJoules, "gpu0") - first, 1e-9);
        Assert.Empty(sensors.Unavailable);
    }

    [Fact]
    public void Where_it_starts_but_supports_nothing_no_sensor_is_claimed()
    {
        using var sensors = Probe("-DJETSON");
        Assert.Empty(sensors.Sensors);
        Assert.Equal("nvmlDeviceGetPowerUsage: Not Supported", sensors.Unavailable.First(missing => missing.Name.Metric == Metrics.PowerWatts).Reason);
        Assert.Equal(16, sensors.Unavailable.Length);
    }

    [Fact]
    public void A_function_that_an_old_driver_lacks_is_missed_alone()
    {
        using var sensors = Probe("-DOLD");
        Assert.All(sensors.Unavailable, missing => Assert.Equal((Metrics.EnergyJoules, "this driver's NVML has no function nvmlDeviceGetTotalEnergyConsumption"), (missing.Name.Metric, missing.Reason)));
        Assert.Equal(14, sensors.Sensors.Length);
    }

    [Theory]
    [InlineData("-DNO_DRIVER", "nvmlInit_v2: Driver Not Loaded")]
    [InlineData(null, "is not installed")]
    public void Without_a_driver_or_library_the_reason_is_given(string? define, string reason)
    {
        using var sensors = define is null ? SensorSet.Probe([new NvmlSource("libno-such-nvml.so.1")]) : Probe(define);
        Assert.Empty(sensors.Sensors);
        Assert.Contains(reason, Assert.Single(sensors.Unavailable).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_and_gpu_are_named()
    {
        using var library = NvmlLibrary.Open(Compile([]));
        Assert.Equal("575.57.08", library.DriverVersion());
        Assert.Equal(["Fake GPU", "GPU-0123"], library.Devices().Take(1).SelectMany(device => (string[])[library.Name(device), library.Uuid(device)]));
    }

    [Fact]
    public void An_environment_has_driver_limits_and_model_of_the_gpu_that_is_used()
    {
        var environment = new Protos.V1.Environment();
        MachineEnvironment.DescribeGpu(environment, Compile([]), 1);
        Assert.Equal(("575.57.08", "12.9", "Fake GPU"), (environment.Software["nvidia_driver"], environment.Software["cuda_driver"], environment.Hardware["gpu_model"]));
        Assert.Equal(("400", "2101"), (environment.Conditions["gpu_power_limit_watts"], environment.Conditions["gpu_clock_limit_megahertz"]));
    }

    [Fact]
    public void What_the_driver_does_not_tell_is_unavailable_with_the_reason()
    {
        var environment = new Protos.V1.Environment();
        MachineEnvironment.DescribeGpu(environment, Compile(["-DJETSON"]), 0);
        Assert.Equal("unavailable: nvmlDeviceGetEnforcedPowerLimit: Not Supported", environment.Conditions["gpu_power_limit_watts"]);
        MachineEnvironment.DescribeGpu(environment, Compile([]), 2);
        Assert.Equal("unavailable: NVML lists 2 GPUs, and GPU 2 is used", environment.Software["nvidia_driver"]);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private SensorSet Probe(params string[] defines) => SensorSet.Probe([new NvmlSource(Compile(defines))]);

    private string Compile(string[] defines)
    {
        var library = Path.Combine(directory, $"libnvml{string.Concat(defines)}.so");
        var source = Path.Combine(Path.GetDirectoryName(Fixture.Root)!, "Agent.Tests", "Telemetry", "fake_nvml.c");
        using var compiler = Process.Start("cc", [.. defines, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }
}
