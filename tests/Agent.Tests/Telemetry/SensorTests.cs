using System.Collections.Immutable;
using EdgeFleet.Agent.Telemetry;
using Xunit;

namespace EdgeFleet.Agent.Tests.Telemetry;

public sealed class SensorTests
{
    [Fact]
    public void An_energy_counter_counts_on_when_it_wraps()
    {
        using var device = new SimulatedDevice("desktop");
        using var sensors = device.Probe();
        var package = sensors.Sensors.Single(sensor => sensor.Name == new SensorName(Metrics.EnergyJoules, "rapl", "package-0"));
        var before = package.Read();
        device.Write("/sys/class/powercap/intel-rapl:0/energy_uj", "499999\n");

        // 500,000 to the end of the range, one step over it, and 499,999 from 0.
        Assert.Equal(1.0, package.Read() - before, 1e-6);
        Assert.Contains(sensors.Sensors, sensor => sensor.Name.Label == "0 dram");
    }

    [Fact]
    public void Busy_time_is_of_the_interval_between_two_readings()
    {
        using var device = new SimulatedDevice("desktop");
        using var sensors = device.Probe();
        var cpu = sensors.Sensors.Single(sensor => sensor.Name.Metric == Metrics.UtilizationRatio);
        device.Write("/proc/stat", "cpu  1030 20 300 8070 50 0 10 0 0 0\n");
        Assert.Equal(0.3, cpu.Read(), 1e-9);
        Assert.Equal(0, cpu.Read());
    }

    [Fact]
    public void What_the_kernel_lacks_is_unavailable_with_its_file()
    {
        using var device = new SimulatedDevice("desktop");
        using var sensors = device.Probe();
        var missing = sensors.Unavailable.Single(missing => missing.Name == new SensorName(Metrics.PressureRatio, "proc", "memory"));
        Assert.Equal("/proc/pressure/memory does not exist", missing.Reason);
        Assert.Equal(7, sensors.Sensors.Single(sensor => sensor.Name.Metric == Metrics.ThrottleEvents).Read());
    }

    [Fact]
    public void This_machine_can_be_probed_whatever_it_has()
    {
        using var sensors = SensorSet.OfMachine(SystemTree.Machine);
        Assert.Contains(sensors.Sensors, sensor => sensor.Name.Metric == Metrics.MemoryAvailableBytes && sensor.Read() > 0);
        Assert.All(sensors.Unavailable, missing => Assert.NotEmpty(missing.Reason));
    }

    [Fact]
    public void A_sampler_reads_in_order_at_its_rate_and_says_how_regularly()
    {
        var reads = 0;
        var sensor = new DerivedSensor(new SensorName(Metrics.PowerWatts, "test", ""), 0.1, () => Interlocked.Increment(ref reads));
        using var enough = new ManualResetEventSlim();
        var last = new DerivedSensor(new SensorName(Metrics.ClockHertz, "test", ""), 0, () =>
        {
            if (Volatile.Read(ref reads) >= 20) enough.Set();
            return 1;
        });
        using var sampler = new TelemetrySampler([sensor, last], TimeSpan.FromMilliseconds(2), measuringThreads: 1024);
        enough.Wait(TestContext.Current.CancellationToken);
        var record = sampler.Finish();
        var series = record.Series[0];
        Assert.Equal(Enumerable.Range(1, series.Values.Length).Select(value => (double)value), series.Values);
        Assert.Equal(series.TimesNs.Order(), series.TimesNs);
        Assert.Equal(record.Readings, series.Values.Length);
        Assert.InRange(record.BusyShare, 0, 1);
        Assert.True(record.MedianInterval >= 0.001, "An interval is about the period, never a burst.");
        Assert.StartsWith("shared: ", record.Placement, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9_999, 1)]
    [InlineData(10_000, 1)]
    [InlineData(19_000, 2)]
    [InlineData(36_000_000_000, 3_600_000)]
    public void A_wait_for_an_instant_does_not_end_before_it(long ticks, int milliseconds) =>
        Assert.Equal(milliseconds, TelemetrySampler.Milliseconds(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void A_sensor_that_stops_answering_keeps_its_samples_and_the_reason()
    {
        var reads = 0;
        var sensor = new DerivedSensor(new SensorName(Metrics.PowerWatts, "test", ""), 0, () => ++reads <= 3 ? 5 : throw new SensorException("gone"));
        using var ticks = new CountdownEvent(40);
        var other = new DerivedSensor(new SensorName(Metrics.ClockHertz, "test", ""), 0, () =>
        {
            if (!ticks.IsSet) ticks.Signal();
            return 1;
        });
        using var sampler = new TelemetrySampler([sensor, other], TimeSpan.FromMilliseconds(1), measuringThreads: 1);
        ticks.Wait(TestContext.Current.CancellationToken);
        var series = sampler.Finish().Series[0];
        Assert.Equal([5.0, 5.0, 5.0], series.Values);
        Assert.Equal((20, "gone"), (series.Failures, series.Failure));
        Assert.Equal(23, reads);
    }

    [Fact]
    public void Too_many_samples_are_thinned_and_the_record_says_so()
    {
        using var ticks = new CountdownEvent(100);
        var sensor = new DerivedSensor(new SensorName(Metrics.PowerWatts, "test", ""), 0, () =>
        {
            if (!ticks.IsSet) ticks.Signal();
            return 1;
        });
        using var sampler = new TelemetrySampler([sensor], TimeSpan.FromMilliseconds(0.1), measuringThreads: 1, mostSamples: 16);
        ticks.Wait(TestContext.Current.CancellationToken);
        var record = sampler.Finish();
        Assert.True(record.Thinned);
        Assert.InRange(record.Series[0].Values.Length, 1, 17);
    }

    [Fact]
    public void A_set_reads_each_sensor_before_it_claims_it()
    {
        ISensor Sensor(double value) => new DerivedSensor(new SensorName(Metrics.TemperatureCelsius, "test", $"{value}"), 0, () => value);
        using var set = SensorSet.Probe([new Scripted([Sensor(40), Sensor(double.NaN), Sensor(-300)])]);
        Assert.Equal(["40"], set.Sensors.Select(sensor => sensor.Name.Label));
        Assert.Equal(["NaN", "-300"], set.Unavailable.Select(missing => missing.Name.Label));
    }

    private sealed class Scripted(ImmutableArray<ISensor> sensors) : ISensorSource
    {
        public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing) => sensors;

        public void Dispose()
        {
        }
    }
}
