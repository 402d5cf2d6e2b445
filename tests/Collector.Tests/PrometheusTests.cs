using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EdgeFleet.Collector.Tests.Prometheus;
using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Collector.Tests;

/// <summary>What is deployed beside the collector, against a real Prometheus (Debian's package) that scrapes a real collector.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task Rules_and_configuration_are_valid_and_the_alerts_fire_when_they_should()
    {
        Debian.Require("promtool");
        await Debian.RunAsync("promtool", ["check", "rules", .. Directory.EnumerateFiles(Path.Combine(Deployment.Directory, "prometheus", "rules"))]);
        await Debian.RunAsync("promtool", ["test", "rules", Path.Combine(Deployment.Directory, "prometheus", "rules_test.yml")]);

        // The certificate is the target machine's; everything else is checked as it is.
        var directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        var text = await File.ReadAllTextAsync(Path.Combine(Deployment.Directory, "prometheus", "prometheus.yml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "p.yml"), text.Replace("/etc/edgefleet/server-certificate.pem", "/dev/null", StringComparison.Ordinal)
            .Replace("rules/*.yml", Path.Combine(Deployment.Directory, "prometheus", "rules", "*.yml"), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await Debian.RunAsync("promtool", ["check", "config", Path.Combine(directory, "p.yml")]);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Every_expression_of_dashboards_and_rules_has_data_and_every_alert_fires_when_its_condition_is_made()
    {
        Debian.Require("prometheus");
        await using var collector = await TestCollector.StartAsync();
        await using var agent = new SimulatedAgent(collector, "one") { SpoolBytes = 900_000 };
        foreach (var metric in (string[])["clock_hertz/gpu", "memory_used_bytes/system", "memory_total_bytes/system", "utilization_ratio/gpu", "disk_free_bytes"]) agent.Gauges[metric] = 1;
        agent.Gauges["throttled/gpu"] = 1;
        await using var gone = new SimulatedAgent(collector, "gone");
        await gone.ConnectAsync();
        await FeedAsync(collector, agent);

        using var http = collector.Http(null);
        var page = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(agent.Assignments.First().Run.RunId, page, StringComparison.Ordinal);
        await Debian.RunAsync("promtool", ["check", "metrics"], page);

        await using var prometheus = await RealPrometheus.StartAsync(Path.Combine(collector.Options.DataDirectory, "server-certificate.pem"), collector.Host.Port);

        // What raises an alert by its increase has to happen between two scrapes.
        await HasAsync(prometheus, """edgefleet_traces_ingested_total{disposition="conflict"} == 0 and on() edgefleet_series_overflow_total{kind="results"} == 0""", "the first scrape");
        await HasAsync(prometheus, """edgefleet_traces_dropped_total{reason="full"} == 0""", "the first scrape");
        var assignment = agent.Assignments.First();
        await agent.UploadAsync(Simulation.Traces.Completed(assignment, speed: 9), assignment.Origin);
        agent.Dropped = 1;
        var results = (Metrics.ResultTable)collector.Host.Services.GetService(typeof(Metrics.ResultTable))!;
        for (uint context = 1; results.Overflow == 0; context++) results.Put(Result(agent.DeviceId, context));
        await gone.DisconnectAsync();

        foreach (var (where, expression) in Deployment.Expressions())
        {
            try
            {
                await HasAsync(prometheus, expression, where);
            }
            catch (TimeoutException error)
            {
                Assert.Fail($"{error.Message}\n{await prometheus.TargetsAsync()}\n{await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken)}");
            }
        }

        var alerts = Deployment.Alerts().ToList();
        Assert.Equal(9, alerts.Count);
        foreach (var alert in alerts.Where(alert => alert != "EdgeFleetCollectorDown")) await HasAsync(prometheus, $$"""ALERTS{alertname="{{alert}}", alertstate="firing"}""", alert);
        await collector.Host.DisposeAsync();
        await HasAsync(prometheus, """ALERTS{alertname="EdgeFleetCollectorDown", alertstate="firing"}""", "the collector is gone");
    }

    [Fact]
    public async Task Five_thousand_devices_with_every_series_stay_within_the_documented_bounds()
    {
        await using var collector = await TestCollector.StartAsync();
        using var http = collector.Http(null);

        // After this the collector does not read its metrics by itself while the tables are filled: which values find room may change while there are more and more of them.
        _ = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        await Task.Delay(600, TestContext.Current.CancellationToken);
        var table = (Devices.DeviceTable)collector.Host.Services.GetService(typeof(Devices.DeviceTable))!;
        var results = (Metrics.ResultTable)collector.Host.Services.GetService(typeof(Metrics.ResultTable))!;
        var sensors = Metrics.SeriesBounds.Telemetry.SelectMany(t => Enumerable.Range(0, t.Sensors + 1).Select(i => $"{t.Metric}/s{i}")).ToImmutableSortedDictionary(name => name, _ => 1.0, StringComparer.Ordinal);
        var spool = new SpoolLevel();
        for (var reason = 0; reason < Metrics.SeriesBounds.DropReasons; reason++) spool.Dropped[$"reason{reason}"] = 0;
        for (var i = 0; i < Metrics.SeriesBounds.Devices; i++)
        {
            var id = $"{i:x12}".PadRight(64, '0');
            table.Update(id, d => d with { Online = true, Gauges = sensors, Spool = spool, Clock = (1, 1), HardwareClass = "class" });
            for (uint context = 1; context <= Metrics.SeriesBounds.Results / Metrics.SeriesBounds.Devices + 1; context++) results.Put(Result(id, context));
        }

        ((Metrics.FleetMetrics)collector.Host.Services.GetService(typeof(Metrics.FleetMetrics))!).Refresh();
        await using var page = await http.GetStreamAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(page);
        var series = new Dictionary<string, int>(StringComparer.Ordinal);
        var power = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            Assert.DoesNotContain("otel_metric_overflow", line, StringComparison.Ordinal);
            var name = line[..line.IndexOfAny(['{', ' '])];
            series[name] = series.GetValueOrDefault(name) + 1;
            if (name == "edgefleet_device_power_watts") power[Device(line)] = power.GetValueOrDefault(Device(line)) + 1;
        }

        const int Sensors = 6 + 10 + 5 + 2 + 1 + 3 + 4 + 1;
        Assert.Equal(5_000, series["edgefleet_device_up"]);
        Assert.Equal(40_000, series["edgefleet_traces_dropped_total"]);
        Assert.Equal(5_000 * Sensors, series.Where(s => Metrics.SeriesBounds.Telemetry.Any(t => s.Key == "edgefleet_device_" + t.Metric)).Sum(s => s.Value));
        Assert.Equal(20_000, series["edgefleet_ttft_seconds"]);
        Assert.Equal(100_000, series["edgefleet_memory_bytes"]);
        Assert.Equal(60_000, series["edgefleet_energy_joules"]);
        Assert.True(results.Overflow > 0);

        // Each device has one sensor more than there is room for on average: those that came first have room for all.
        Assert.Equal(Enumerable.Range(0, (5_000 * 6) / 7).Select(i => ($"{i:x12}", 7)), power.Where(p => p.Value == 7).Select(p => (p.Key, p.Value)).Order());
        Assert.InRange(series.Values.Sum(), 615_000, 616_000);
    }

    [Fact]
    public async Task Series_of_a_device_that_is_gone_expire_and_its_presence_stays_at_0()
    {
        await using var collector = await TestCollector.StartAsync();
        await using (var agent = new SimulatedAgent(collector, "one"))
        {
            await agent.ConnectAsync();
            await agent.DisconnectAsync();
        }

        var table = (Devices.DeviceTable)collector.Host.Services.GetService(typeof(Devices.DeviceTable))!;
        var metrics = (Metrics.FleetMetrics)collector.Host.Services.GetService(typeof(Metrics.FleetMetrics))!;
        await TestCollector.EventuallyAsync(() => Task.FromResult(table.All.All(d => !d.Online)), "the device is gone");
        using var http = collector.Http(null);
        async Task<string> PageAsync()
        {
            // The exporter caches a scrape for a moment.
            await Task.Delay(600);
            metrics.Refresh();
            return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        }

        var device = table.All.Single();
        metrics.Refresh();
        Assert.Contains("edgefleet_queue_runs{", await PageAsync(), StringComparison.Ordinal);
        table.Update(device.DeviceId, d => d with { GoneNs = d.GoneNs - (long)TimeSpan.FromHours(2).TotalNanoseconds });
        metrics.Refresh();
        _ = await PageAsync();
        var later = await PageAsync();
        Assert.DoesNotContain("edgefleet_queue_runs{", later, StringComparison.Ordinal);
        Assert.Contains("edgefleet_device_up{", later, StringComparison.Ordinal);
        table.Update(device.DeviceId, d => d with { GoneNs = d.GoneNs - (long)TimeSpan.FromDays(8).TotalNanoseconds });
        metrics.Refresh();
        _ = await PageAsync();
        Assert.DoesNotContain("edgefleet_device_up{", await PageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_that_is_shown_no_longer_disappears_and_devices_stay()
    {
        await using var collector = await TestCollector.StartAsync();
        await using var agent = new SimulatedAgent(collector, "one");
        await agent.ConnectAsync();
        var metrics = (Metrics.FleetMetrics)collector.Host.Services.GetService(typeof(Metrics.FleetMetrics))!;
        var sweeps = (Metrics.SweepMetrics)collector.Host.Services.GetService(typeof(Metrics.SweepMetrics))!;
        using var http = collector.Http(null);
        async Task<string> PageAsync()
        {
            // The exporter caches a scrape for a moment.
            await Task.Delay(600);
            metrics.Refresh();
            return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        }

        for (var i = 0; i < Metrics.SeriesBounds.Sweeps; i++) sweeps.Progress(Ended(i));
        Assert.Contains("sweep=\"00000000\"", await PageAsync(), StringComparison.Ordinal);
        sweeps.Progress(Ended(Metrics.SeriesBounds.Sweeps));
        _ = await PageAsync();
        var later = await PageAsync();
        Assert.DoesNotContain("sweep=\"00000000\"", later, StringComparison.Ordinal);
        Assert.Contains("sweep=\"00000050\"", later, StringComparison.Ordinal);
        Assert.Contains("edgefleet_device_up{", later, StringComparison.Ordinal);

        static Sweep Ended(int number) => new()
        {
            SweepId = $"{number:d8}-0000", Definition = new SweepDefinition { Name = "nightly" }, Counts = new RunCounts { Completed = 1 }, CreatedUnixNs = number + 1, EndedUnixNs = number + 1,
        };
    }

    [Fact]
    public async Task The_collector_reads_its_own_metrics_as_long_as_nobody_else_does()
    {
        await using var collector = await TestCollector.StartAsync();
        var rehearsal = (Metrics.ScrapeRehearsal)collector.Host.Services.GetService(typeof(Metrics.ScrapeRehearsal))!;
        var table = (Devices.DeviceTable)collector.Host.Services.GetService(typeof(Devices.DeviceTable))!;
        using var http = collector.Http(null);
        _ = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.False(await rehearsal.LookAsync());

        // What is beyond the bounds is counted at each collection: by the rehearsal, and by the scrape that shows it. The exporter caches a page for a moment.
        var sensors = Enumerable.Range(0, Metrics.SeriesBounds.SensorsPerDevice + 1).ToImmutableSortedDictionary(i => $"power_watts/s{i:d2}", _ => 1.0, StringComparer.Ordinal);
        table.Update(new string('a', 64), d => d with { Online = true, Gauges = sensors });
        await Task.Delay(600, TestContext.Current.CancellationToken);
        Assert.True(await rehearsal.LookAsync());
        await Task.Delay(600, TestContext.Current.CancellationToken);
        var page = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Matches("""edgefleet_series_overflow_total\{kind="telemetry"\} 2""", page);

        // The last by name is the one without room.
        Assert.Contains("sensor=\"s15\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("sensor=\"s16\"", page, StringComparison.Ordinal);
        Assert.False(await rehearsal.LookAsync());
    }

    private static async Task FeedAsync(TestCollector collector, SimulatedAgent agent)
    {
        const string Document = "models: [tiny-transformer, tiny-ssm, tiny-hybrid]\ncontext: 64,128,256\ndecode: 8\nrepeats: 1\ndevices: name=one";
        await agent.ConnectAsync();
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = Document })).SweepId);
        agent.Perform = assignment => assignment.Run.Scenario.ContextTokens == 256
            ? Simulation.Traces.Ended(assignment, Outcome.Failed, "runtime_error")
            : Simulation.Traces.Completed(assignment, speed: 0.5);
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = Document })).SweepId);
        var assignment = agent.Assignments.First();
        await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin, header => header.Sha256 = new string('0', 64));
        await TestCollector.EventuallyAsync(async () => (await collector.Fleet.GetDeviceAsync(new GetDeviceRequest { DeviceId = agent.DeviceId })).ClockErrorNs > 0, "the clocks are compared");
    }

    private static Task HasAsync(RealPrometheus prometheus, string expression, string what) =>
        TestCollector.EventuallyAsync(() => prometheus.HasDataAsync(expression), $"{what}: {expression}");

    private static string Device(string line) => Regex.Match(line, "device=\"([^\"]*)\"").Groups[1].Value;

    private static Run Result(string deviceId, uint context) => new()
    {
        RunId = Guid.NewGuid().ToString(), DeviceId = deviceId, EndedUnixNs = 1, Scenario = new Scenario { Model = "m", Family = "ssm", Precision = Precision.Fp32, ContextTokens = context },
        Result = new RunResult
        {
            TtftNs = 1, TpotNs = 1, PrefillTokensPerSecond = 1, DecodeTokensPerSecond = 1, PeakMemoryBytes = 1, MbuRatio = 1, MfuRatio = 1, TtftBaselineRatio = 1, TpotBaselineRatio = 1,
            WeightsBytes = 1, ActivationsBytes = 1, StateBytes = { ["kv"] = 1, ["recurrent"] = 1, ["convolution"] = 1, ["other"] = 1 },
            EnergyGrossJoules = { ["load"] = 1, ["prefill"] = 1, ["decode"] = 1, ["other"] = 1 },
        },
    };
}
