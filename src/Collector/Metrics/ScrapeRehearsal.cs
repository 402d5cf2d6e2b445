namespace EdgeFleet.Collector.Metrics;

/// <summary>
/// Reads <c>/metrics</c> into nothing while nobody else does, at the start and once a minute. The SDK enters a series into its tables when it is collected first, not when its device
/// connects: without this, whoever scrapes a large fleet first waits for all of its series, and for the compiler. A collector that is scraped once a minute does not rehearse.
/// </summary>
internal sealed partial class ScrapeRehearsal(EndpointDataSource endpoints, IServiceProvider services, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ScrapeRehearsal> log)
    : BackgroundService
{
    /// <summary>Route of the page.</summary>
    public const string Route = "/metrics";

    // As Prometheus asks: each format has a buffer of its own.
    private const string Format = "application/openmetrics-text;version=1.0.0";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private int scrapes;

    /// <summary>Counts the scrapes of an endpoint.</summary>
    /// <param name="endpoint">That of the page.</param>
    public void Attend(EndpointBuilder endpoint)
    {
        var answer = endpoint.RequestDelegate ?? throw new InvalidOperationException($"Nothing answers at {Route}.");
        endpoint.RequestDelegate = context =>
        {
            // A rehearsal comes over no connection.
            if (context.Connection.RemoteIpAddress is not null) Interlocked.Increment(ref scrapes);
            return answer(context);
        };
    }

    /// <summary>Rehearses unless somebody has scraped since this was asked last.</summary>
    /// <returns>Whether it did.</returns>
    public async Task<bool> LookAsync()
    {
        if (Interlocked.Exchange(ref scrapes, 0) > 0) return false;
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Headers.Accept = Format;
        context.Response.Body = Stream.Null;
        await endpoints.Endpoints.OfType<RouteEndpoint>().Single(e => e.RoutePattern.RawText == Route).RequestDelegate!(context);
        if (context.Response.StatusCode != StatusCodes.Status200OK) LogFailed(context.Response.StatusCode);
        return true;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before that there are no endpoints.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        do await LookAsync();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1701, LogLevel.Warning, "The collector could not read its own metrics: status {Status}.")]
    private partial void LogFailed(int status);
}
