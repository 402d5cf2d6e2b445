using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Metrics;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Fills the tables in memory from the database before anything else starts, so that pages and metrics have no gap after a restart.</summary>
internal sealed class Recovery(
    Database database, DeviceStore devices, DeviceTable table, SweepStore sweeps, SweepMetrics metrics, ResultTable results, IngestMetrics ingest, CollectorOptions options, TimeProvider time)
    : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var oldest = time.UnixNanoseconds() - options.DeviceMetricRetention.Nanoseconds();
        foreach (var device in devices.All().Where(d => d.LastSeenNs >= oldest))
        {
            table.Update(device.DeviceId, s => s with
            {
                LastSeenNs = device.LastSeenNs, GoneNs = device.LastSeenNs, Spool = device.Hello.Spool, AgentVersion = device.Hello.AgentVersion,
                HardwareClass = device.Hello.Inventory.TryGetValue("hardware_class", out var kind) ? kind : "unknown",
            });
        }

        foreach (var (_, sweep) in sweeps.List(Protos.V1.SweepState.Unspecified, "", long.MaxValue, SeriesBounds.Sweeps)) metrics.Progress(sweep);
        results.Load(database, oldest);
        ingest.Begin();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
