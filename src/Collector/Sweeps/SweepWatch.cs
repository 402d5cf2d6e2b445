using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>
/// Looks at what time does to sweeps: deadlines that pass, sweeps that take too long. Also what makes good for calls between grains that were lost: every open
/// sweep is looked at now and then.
/// </summary>
internal sealed partial class SweepWatch(
    RunStore runs, SweepStore sweeps, DeviceStore devices, DeviceTable table, IGrainFactory grains, CollectorOptions options, TimeProvider time, ILogger<SweepWatch> log) : BackgroundService
{
    private const int LooksBetweenFullOnes = 10;
    private const int LooksBetweenSeen = 60;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.WatchInterval, time);
        for (var look = 0; await timer.WaitForNextTickAsync(stoppingToken); look++)
        {
            try
            {
                await LookAsync(look);
            }
#pragma warning disable CA1031 // One look that fails (disk full, silo busy) must not end all later ones.
            catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    private async Task LookAsync(int look)
    {
        foreach (var group in (await runs.ExpireAsync()).GroupBy(r => r.SweepId))
        {
            LogLost(group.Count(), group.Key);
            await grains.GetGrain<ISweepGrain>(group.Key).Changed();
            foreach (var device in group.Select(r => r.DeviceId).Distinct()) await grains.GetGrain<IDeviceGrain>(device).Wake();
        }

        if (look % LooksBetweenFullOnes == 0)
        {
            foreach (var sweep in sweeps.Open()) await grains.GetGrain<ISweepGrain>(sweep).Look();
        }

        if (look % LooksBetweenSeen == LooksBetweenSeen - 1) await devices.SeenAsync([.. table.All.Where(d => d.Online).Select(d => (d.DeviceId, d.LastSeenNs))]);
    }

    [LoggerMessage(1301, LogLevel.Warning, "{Count} runs of sweep {SweepId} passed their deadline and count as lost.")]
    private partial void LogLost(int count, string sweepId);

    [LoggerMessage(1302, LogLevel.Error, "Looking after sweeps failed; it is tried again.")]
    private partial void LogFailed(Exception error);
}
