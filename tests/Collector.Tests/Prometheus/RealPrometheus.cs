using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EdgeFleet.Collector.Tests.Prometheus;

/// <summary>Debian's Prometheus with the deployed rules.</summary>
internal sealed partial class RealPrometheus(Process process, string directory, HttpClient http) : IAsyncDisposable
{
    /// <summary>Starts one that scrapes a collector on this machine.</summary>
    /// <param name="certificate">The collector's certificate.</param>
    /// <param name="collectorPort">Its port.</param>
    public static async Task<RealPrometheus> StartAsync(string certificate, int collectorPort)
    {
        var directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        var port = FreePort();

        // The rules as they are deployed, but for how long a condition has to hold.
        foreach (var path in Directory.EnumerateFiles(Deployment.Rules, "*.yml"))
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "rules-" + Path.GetFileName(path)), Lasting().Replace(await File.ReadAllTextAsync(path), "for: 1s"));
        }

        var configuration = $$"""
            global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}
            rule_files: ["{{directory}}/rules-*.yml"]
            scrape_configs:
              - job_name: edgefleet
                scheme: https
                tls_config: {ca_file: "{{certificate}}", server_name: localhost}
                static_configs: [{targets: ["127.0.0.1:{{collectorPort}}"]}]
            """;
        await File.WriteAllTextAsync(Path.Combine(directory, "prometheus.yml"), configuration);
        var process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={directory}/prometheus.yml", $"--storage.tsdb.path={directory}/data", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"), "--log.level=error",
        ]))!;
        return new RealPrometheus(process, directory, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
    }

    /// <summary>Whether an expression returns anything now.</summary>
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

    /// <summary>What it knows of its targets, for people.</summary>
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

    [GeneratedRegex("for: [0-9]+m")]
    private static partial Regex Lasting();
}
