using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Collector.Tests;

/// <summary>What is deployed beside the collector, against a real Prometheus (Debian's package) that scrapes a real collector.</summary>
public sealed class PrometheusTests
{
    private static readonly string Deployed = Path.Combine(Root(), "deploy", "desktop");

    [Fact]
    public async Task Rules_and_configuration_are_valid_and_the_alerts_fire_when_they_should()
    {
        Require("promtool");
        await RunAsync("promtool", ["check", "rules", .. Directory.EnumerateFiles(Path.Combine(Deployed, "prometheus", "rules"))]);
        await RunAsync("promtool", ["test", "rules", Path.Combine(Deployed, "prometheus", "rules_test.yml")]);

        // The certificate is the target machine's; everything else is checked as it is.
        var directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        var text = await File.ReadAllTextAsync(Path.Combine(Deployed, "prometheus", "prometheus.yml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "p.yml"), text.Replace("/etc/edgefleet/server-certificate.pem", "/dev/null", StringComparison.Ordinal)
            .Replace("rules/*.yml", Path.Combine(Deployed, "prometheus", "rules", "*.yml"), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await RunAsync("promtool", ["check", "config", Path.Combine(directory, "p.yml")]);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Every_expression_of_dashboards_and_rules_has_data()
    {
        Require("prometheus");
        await using var collector = await TestCollector.StartAsync();
        await using var agent = new SimulatedAgent(collector, "one");
        foreach (var metric in (string[])["clock_hertz/gpu", "memory_used_bytes/system", "memory_total_bytes/system", "utilization_ratio/gpu", "disk_free_bytes"]) agent.Gauges[metric] = 1;
        await FeedAsync(collector, agent);

        using var http = collector.Http(null);
        var page = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(agent.Assignments.First().Run.RunId, page, StringComparison.Ordinal);
        await RunAsync("promtool", ["check", "metrics"], page);

        await using var prometheus = await RealPrometheus.StartAsync(collector, Path.Combine(Deployed, "prometheus", "rules"));
        foreach (var (where, expression) in Expressions())
        {
            try
            {
                await TestCollector.EventuallyAsync(async () => await prometheus.HasDataAsync(expression), $"{where}: {expression}");
            }
            catch (TimeoutException error)
            {
                Assert.Fail($"{error.Message}\n{await prometheus.TargetsAsync()}\n{await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken)}");
            }
        }

        await TestCollector.EventuallyAsync(async () => await prometheus.HasDataAsync("""ALERTS{alertname="EdgeFleetSlower"}"""), "the slower result raises its alert");
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

    private static async Task FeedAsync(TestCollector collector, SimulatedAgent agent)
    {
        const string Document = "models: [tiny-transformer, tiny-ssm, tiny-hybrid]\ncontext: 64,128,256\ndecode: 8\nrepeats: 1";
        await agent.ConnectAsync();
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = Document })).SweepId);
        agent.Perform = assignment => assignment.Run.Scenario.ContextTokens == 256
            ? Simulation.Traces.Ended(assignment, Outcome.Failed, "runtime_error")
            : Simulation.Traces.Completed(assignment, speed: 0.5);
        await collector.EndedAsync((await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = Document })).SweepId);
        var assignment = agent.Assignments.First();
        await agent.UploadAsync(Simulation.Traces.Completed(assignment, speed: 9), assignment.Origin);
        await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin, header => header.Sha256 = new string('0', 64));
        await TestCollector.EventuallyAsync(async () => (await collector.Fleet.GetDeviceAsync(new GetDeviceRequest { DeviceId = agent.DeviceId })).ClockErrorNs > 0, "the clocks are compared");
    }

    private static IEnumerable<(string Where, string Expression)> Expressions()
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Deployed, "grafana", "dashboards"), "*.json"))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
            {
                foreach (var target in panel.GetProperty("targets").EnumerateArray())
                {
                    var expression = target.GetProperty("expr").GetString()!;
                    foreach (var variable in (string[])["device", "precision", "condition", "sweep"]) expression = expression.Replace($"\"${variable}\"", "\".*\"", StringComparison.Ordinal);
                    Assert.DoesNotContain("$", expression, StringComparison.Ordinal);
                    yield return ($"{Path.GetFileName(path)} / {panel.GetProperty("title").GetString()}", expression);
                }
            }
        }

        foreach (var line in File.ReadLines(Path.Combine(Deployed, "prometheus", "rules", "recording.yml")).Where(l => l.Contains("- record:", StringComparison.Ordinal)))
        {
            yield return ("recording.yml", line.Split("record:")[1].Trim());
        }
    }

    private static void Require(string program) =>
        Assert.SkipUnless(
            (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, program))),
            $"{program} is not installed (Debian: apt install prometheus).");

    private static async Task RunAsync(string program, string[] arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "EdgeFleet.sln"))) directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("EdgeFleet.sln is above the tests.");
        return directory;
    }

    private sealed class RealPrometheus(Process process, string directory, HttpClient http) : IAsyncDisposable
    {
        public static async Task<RealPrometheus> StartAsync(TestCollector collector, string rules)
        {
            var directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
            var port = FreePort();
            var configuration = $$"""
                global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}
                rule_files: ["{{rules}}/*.yml"]
                scrape_configs:
                  - job_name: edgefleet
                    scheme: https
                    tls_config: {ca_file: "{{collector.Options.DataDirectory}}/server-certificate.pem", server_name: localhost}
                    static_configs: [{targets: ["127.0.0.1:{{collector.Host.Port}}"]}]
                """;
            await File.WriteAllTextAsync(Path.Combine(directory, "prometheus.yml"), configuration);
            var process = Process.Start(new ProcessStartInfo("prometheus",
            [
                $"--config.file={directory}/prometheus.yml", $"--storage.tsdb.path={directory}/data", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"), "--log.level=error",
            ]))!;
            return new RealPrometheus(process, directory, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
        }

        public async Task<bool> HasDataAsync(string expression)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(expression), UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return false;
                using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                if (document.RootElement.GetProperty("status").GetString() != "success") throw new InvalidOperationException($"{expression}: {document.RootElement}");
                return document.RootElement.GetProperty("data").GetProperty("result").GetArrayLength() > 0;
            }
            catch (HttpRequestException)
            {
                // It is starting.
                return false;
            }
        }

        public Task<string> TargetsAsync() => http.GetStringAsync(new Uri("/api/v1/targets", UriKind.Relative));

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            http.Dispose();
            Directory.Delete(directory, recursive: true);
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
