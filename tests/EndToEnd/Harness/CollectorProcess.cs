using System.Globalization;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A collector as a process of its own, which can be killed and started again on the same data and port.</summary>
internal sealed class CollectorProcess : IAsyncDisposable
{
    private readonly string data;
    private readonly string models;
    private int port;
    private FleetClient? client;

    private CollectorProcess(string root, string models)
    {
        data = Path.Combine(root, "collector");
        this.models = models;
    }

    /// <summary>The process.</summary>
    public TestProcess Process { get; private set; } = null!;

    /// <summary>File for <c>--join</c>.</summary>
    public string JoinFile => Path.Combine(data, "join-string");

    /// <summary>Its certificate, for Prometheus.</summary>
    public string CertificateFile => Path.Combine(data, "server-certificate.pem");

    /// <summary>Port that it listens on.</summary>
    public int Port => port;

    /// <summary>The operators' service.</summary>
    public FleetClient Client => client ?? throw new InvalidOperationException("The collector is not running.");

    /// <summary>Starts a collector.</summary>
    /// <param name="root">Directory of the test.</param>
    /// <param name="models">Directory of catalogue entries.</param>
    public static async Task<CollectorProcess> StartAsync(string root, string models)
    {
        var collector = new CollectorProcess(root, models);
        await collector.StartAsync();
        return collector;
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        Process = new TestProcess(
            Programs.Collector, "--data", data, "--port", port.ToString(CultureInfo.InvariantCulture), "--listen", "127.0.0.1", "--host", "localhost", "--models", models, "--heartbeat", "1");
        await Process.SaysAsync("tokens ");
        client?.Dispose();
        client = new FleetClient(await File.ReadAllTextAsync(Path.Combine(data, "operator-string")));
        port = client.Address.Port;
    }

    /// <summary>Ends it as kill -9 does.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>Its page of metrics.</summary>
    public Task<string> MetricsAsync() => Client.GetAsync("/metrics");

    /// <summary>Launches a sweep.</summary>
    public async Task<string> LaunchAsync(SweepDefinition definition) =>
        (await Client.Fleet.CreateSweepAsync(new CreateSweepRequest { Definition = definition })).SweepId;

    /// <summary>Waits until a sweep has ended.</summary>
    public async Task<Sweep> EndedAsync(string sweepId)
    {
        Sweep? sweep = null;
        await Wait.UntilAsync(
            async () =>
            {
                sweep = await Client.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweepId });
                return sweep.State is not (SweepState.Running or SweepState.Paused);
            },
            () => $"sweep {sweepId} ends; it has {sweep?.Counts}");
        return sweep!;
    }

    /// <summary>Runs of a sweep.</summary>
    public async Task<IReadOnlyList<Run>> RunsAsync(string sweepId)
    {
        var runs = new List<Run>();
        var token = "";
        do
        {
            var page = await Client.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = sweepId, PageSize = 1000, PageToken = token });
            runs.AddRange(page.Runs);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return runs;
    }

    /// <summary>The devices.</summary>
    public async Task<IReadOnlyList<Device>> DevicesAsync() => (await Client.Fleet.ListDevicesAsync(new ListDevicesRequest())).Devices;

    /// <summary>A device.</summary>
    public async Task<Device> DeviceAsync(string deviceId) => await Client.Fleet.GetDeviceAsync(new GetDeviceRequest { DeviceId = deviceId });

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        await Process.TerminateAsync();
        Process.Dispose();
    }
}
