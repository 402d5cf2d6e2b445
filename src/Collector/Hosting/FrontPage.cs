namespace EdgeFleet.Collector.Hosting;

/// <summary>What a browser is shown: there are no pages, but a person who follows the address should learn what it is good for.</summary>
internal static class FrontPage
{
    /// <summary>The text.</summary>
    public static string Text { get; } = $"""
        EdgeFleet collector {typeof(FrontPage).Assembly.GetName().Version?.ToString(3)}

        /metrics     for Prometheus (dashboards for Grafana: deploy/desktop)
        /healthz     Healthy, or not
        /v1/...      sweeps, devices, runs as JSON, with the operators' token: curl -H "Authorization: Bearer $(cat DATA/operator-token)" --cacert DATA/server-certificate.pem https://localhost:PORT/v1/status
        gRPC         with reflection

        The command line is 'edgefleet --collector @DATA/operator-string'; agents join with 'edgefleet-agent run --join @DATA/join-string'. DATA is the collector's data directory.

        """;
}
