using System.Net.Security;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Collector.Tests.Simulation;

/// <summary>A real collector on a free port with a data directory of its own.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly List<IDisposable> clients = [];
    private readonly TimeProvider? time;
    private readonly string fingerprint;

    private TestCollector(CollectorHost host, CollectorOptions options, TimeProvider? time)
    {
        Host = host;
        Options = options;
        this.time = time;
        fingerprint = host.Join.Fingerprint;
    }

    public CollectorHost Host { get; private set; }

    public CollectorOptions Options { get; }

    public Fleet.FleetClient Fleet => new(Channel(Host.Operator));

    public Protos.V1.Artifacts.ArtifactsClient OperatorArtifacts => new(Channel(Host.Operator));

    public static async Task<TestCollector> StartAsync(Func<CollectorOptions, CollectorOptions>? change = null, TimeProvider? time = null)
    {
        var root = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        var models = Directory.CreateDirectory(Path.Combine(root, "models")).FullName;
        foreach (var (name, family) in ((string, string)[])[("tiny-transformer", "transformer"), ("tiny-ssm", "ssm"), ("tiny-hybrid", "hybrid")])
        {
            await File.WriteAllTextAsync(Path.Combine(models, name + ".json"), $$"""{"name":"{{name}}","family":"{{family}}"}""");
        }

        var options = new CollectorOptions
        {
            DataDirectory = Path.Combine(root, "data"), Port = 0, Listen = "127.0.0.1", PublicHost = "localhost", ModelsDirectory = models,
            HeartbeatInterval = TimeSpan.FromMilliseconds(500), WatchInterval = TimeSpan.FromMilliseconds(100),
        };
        options = change?.Invoke(options) ?? options;
        return new TestCollector(await CollectorHost.StartAsync(options, time, quiet: true), options, time);
    }

    /// <summary>Stops and starts on the same data.</summary>
    public async Task RestartAsync()
    {
        await Host.DisposeAsync();
        Host = await CollectorHost.StartAsync(Options, time, quiet: true);
    }

    public GrpcChannel Channel(CollectorAddress address)
    {
        var channel = GrpcChannel.ForAddress(address.Uri, new GrpcChannelOptions
        {
            HttpHandler = Handler(), DisposeHttpClient = true, Credentials = ChannelCredentials.Create(new SslCredentials(), CallCredentials.FromInterceptor((_, metadata) =>
            {
                metadata.Add("authorization", "Bearer " + address.Token);
                return Task.CompletedTask;
            })),
        });
        clients.Add(channel);
        return channel;
    }

    public HttpClient Http(string? token)
    {
        var client = new HttpClient(Handler()) { BaseAddress = Host.Operator.Uri };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        clients.Add(client);
        return client;
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        var deadline = System.Environment.TickCount64 + 30_000;
        while (!await holds())
        {
            if (System.Environment.TickCount64 > deadline) throw new TimeoutException($"Not within 30 s: {what}");
            await Task.Delay(20);
        }
    }

    /// <summary>Waits until a sweep has ended.</summary>
    public async Task<Sweep> EndedAsync(string sweepId)
    {
        Sweep? sweep = null;
        await EventuallyAsync(
            async () =>
            {
                sweep = await Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweepId });
                return sweep.State is not (SweepState.Running or SweepState.Paused);
            },
            $"sweep {sweepId} ends");
        return sweep!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(Options.DataDirectory)!, recursive: true);
    }

    private SocketsHttpHandler Handler() => new()
    {
        EnableMultipleHttp2Connections = true,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 c
                && Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(c.PublicKey.ExportSubjectPublicKeyInfo())) == fingerprint,
        },
    };
}
