using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Ingest;
using EdgeFleet.Collector.Metrics;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Schedules;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Configuration;
using Polly;
using Polly.Retry;
using Serilog;

namespace EdgeFleet.Collector.Hosting;

/// <summary>A collector that runs: one TLS port with gRPC, JSON, health, reflection and <c>/metrics</c>.</summary>
public sealed class CollectorHost : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private const int LargestMessage = 4 << 20;

    private readonly WebApplication app;
    private readonly DataDirectory data;
    private readonly ServerIdentity identity;
    private readonly Database database;
    private readonly TraceSegments segments;
    private readonly string host;

    private CollectorHost(WebApplication app, DataDirectory data, ServerIdentity identity, Database database, TraceSegments segments, string host)
    {
        this.app = app;
        this.data = data;
        this.identity = identity;
        this.database = database;
        this.segments = segments;
        this.host = host;
    }

    /// <summary>Port that it listens on.</summary>
    public int Port => new Uri(app.Urls.First()).Port;

    /// <summary>What agents are given.</summary>
    public CollectorAddress Join => new(host, Port, identity.Fingerprint, identity.JoinToken);

    /// <summary>What operators are given.</summary>
    public CollectorAddress Operator => new(host, Port, identity.Fingerprint, identity.OperatorToken);

    /// <summary>Services, for tests.</summary>
    internal IServiceProvider Services => app.Services;

    /// <summary>Starts a collector.</summary>
    /// <param name="options">How.</param>
    /// <param name="time">Clock; default the system's.</param>
    /// <param name="quiet">Whether only warnings are logged.</param>
    /// <exception cref="StorageException">The data directory is in use or unusable.</exception>
    public static async Task<CollectorHost> StartAsync(CollectorOptions options, TimeProvider? time = null, bool quiet = false)
    {
        var clock = time ?? TimeProvider.System;
        var data = new DataDirectory(options.DataDirectory);
        Database? database = null;
        TraceSegments? segments = null;
        try
        {
            var host = options.PublicHost ?? System.Net.Dns.GetHostName();
            var identity = ServerIdentity.Load(data, host, clock);
            database = new Database(data.Database);
            segments = new TraceSegments(data.Traces);

            // A probed port may be taken by somebody else before the silo listens on it.
            var retry = new ResiliencePipelineBuilder<WebApplication>().AddRetry(new RetryStrategyOptions<WebApplication>
            {
                MaxRetryAttempts = StartAttempts,
                Delay = TimeSpan.FromMilliseconds(100),
                ShouldHandle = new PredicateBuilder<WebApplication>().Handle<System.Net.Sockets.SocketException>(),
            }).Build();
            var (db, traces) = (database, segments);
            var app = await retry.ExecuteAsync(async cancellation =>
            {
                var built = Build(options, clock, data, identity, db, traces, quiet);
                try
                {
                    await built.StartAsync(cancellation);
                    return built;
                }
                catch
                {
                    await built.DisposeAsync();
                    throw;
                }
            });
            var collector = new CollectorHost(app, data, identity, database, segments, host);
            data.Publish("join-string", collector.Join.Format());
            data.Publish("operator-string", collector.Operator.Format());
            return collector;
        }
        catch
        {
            segments?.Dispose();
            if (database is not null) await database.DisposeAsync();
            data.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a signal to stop.</summary>
    public Task WaitAsync() => app.WaitForShutdownAsync();

    /// <summary>Stops: no new work, streams end, what was acknowledged is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
        segments.Dispose();
        identity.Dispose();
        data.Dispose();
    }

    private static WebApplication Build(
        CollectorOptions options, TimeProvider time, DataDirectory data, ServerIdentity identity, Database database, TraceSegments segments, bool quiet)
    {
        // By default the working directory is the content root, and all below it is watched for changes of settings: for a service that is the whole file system.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Configuration.Sources.Clear();
        var stopping = CancellationToken.None;
        builder.Host.UseSerilog((_, log) => Logging.Configure(log, data.CollectorId, quiet, () => stopping.IsCancellationRequested));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.KeepAlivePingDelay = 3 * options.HeartbeatInterval;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
            kestrel.Listen(System.Net.IPAddress.Parse(options.Listen), options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(identity.Certificate);
            });
        });
        builder.UseOrleans(silo => Cluster(silo, data));
        Register(builder.Services, options, time, data, identity, database, segments);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);

        var app = builder.Build();
        stopping = app.Lifetime.ApplicationStopping;
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGrpcService<LinkService>();
        app.MapGrpcService<TracesService>();
        app.MapGrpcService<ArtifactsService>();
        app.MapGrpcService<FleetService>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        app.MapGet("/", () => FrontPage.Text);
        app.MapHealthChecks("/healthz");
        app.MapPrometheusScrapingEndpoint(ScrapeRehearsal.Route).Add(app.Services.GetRequiredService<ScrapeRehearsal>().Attend);
        return app;
    }

    private static void Cluster(ISiloBuilder silo, DataDirectory data)
    {
        var (siloPort, gatewayPort) = FreePorts.Two();
        silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "edgefleet", clusterId: data.CollectorId);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromMinutes(30));
    }

    private static void Register(
        IServiceCollection services, CollectorOptions options, TimeProvider time, DataDirectory data, ServerIdentity identity, Database database, TraceSegments segments)
    {
        services.AddSingleton(time).AddSingleton(options).AddSingleton(data).AddSingleton(identity).AddSingleton(database).AddSingleton(segments);
        services.AddSingleton<DeviceTable>().AddSingleton<DeviceStore>().AddSingleton<SweepStore>().AddSingleton<RunStore>().AddSingleton<ScheduleStore>();
        services.AddSingleton<ModelRegistry>().AddSingleton<SweepLauncher>().AddSingleton<PartialUploads>().AddSingleton<TraceIngest>();
        services.AddSingleton<LinkMetrics>().AddSingleton<IngestMetrics>().AddSingleton<SweepMetrics>().AddSingleton<ResultTable>().AddSingleton<FleetMetrics>();
        services.AddSingleton<LinkService>().AddSingleton<TracesService>().AddSingleton<ArtifactsService>().AddSingleton<FleetService>();
        services.AddHostedService<Recovery>();
        services.AddHostedService(s => s.GetRequiredService<FleetMetrics>());
        services.AddSingleton<ScrapeRehearsal>().AddHostedService(s => s.GetRequiredService<ScrapeRehearsal>());
        services.AddSingleton<Scheduler>().AddHostedService(s => s.GetRequiredService<Scheduler>());
        services.AddSingleton<Retention>().AddHostedService(s => s.GetRequiredService<Retention>());
        services.AddHostedService<SweepWatch>();
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<RefusalInterceptor>();
            grpc.MaxReceiveMessageSize = LargestMessage;
            grpc.MaxSendMessageSize = null;
        }).AddJsonTranscoding(json => json.JsonSettings.WriteInt64sAsStrings = true); // Nanoseconds since 1970 do not fit a JavaScript number.
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck<StorageHealth>("storage");
        services.AddAuthentication(TokenAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null);
        services.AddAuthorization();
        var names = new MeterNames();
        services.AddSingleton(names).AddOpenTelemetry().WithMetrics(metrics => MetricViews.Configure(metrics, names));
    }
}
