using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Sweeps;

namespace EdgeFleet.Collector.Schedules;

/// <summary>Fires schedules that are due. Launching and moving on are one transaction, so that an occasion fires once whatever crashes.</summary>
internal sealed partial class Scheduler(ScheduleStore schedules, SweepLauncher launcher, CollectorOptions options, TimeProvider time, ILogger<Scheduler> log) : BackgroundService
{
    /// <summary>Fires what is due now.</summary>
    public async Task FireDueAsync()
    {
        var now = time.GetUtcNow();
        foreach (var schedule in schedules.Due(now.ToUnixNanoseconds()))
        {
            var decision = new Timetable(schedule.Cron, schedule.Zone)
                .Decide(Clock.FromUnixNanoseconds(schedule.NextFireUnixNs), now, schedule.Misfire, Clock.Duration(schedule.MisfireGraceNs));
            if (decision.Missed > 0) LogMissed(schedule.Name, decision.Missed);
            if (decision.Fire is not { } fire)
            {
                await schedules.AdvanceAsync(schedule, decision, "");
                continue;
            }

            try
            {
                var fireNs = fire.ToUnixNanoseconds();
                var sweep = ScheduledSweep.Id(schedule.ScheduleId, fireNs);
                await launcher.LaunchOccasionAsync(schedule.Definition, schedule.ScheduleId, fireNs, sql => ScheduleStore.Advance(sql, schedule, decision, sweep, ""));
                LogFired(schedule.Name, fire, sweep);
            }
            catch (RequestException error)
            {
                LogRefused(schedule.Name, error.Message);
                await schedules.AdvanceAsync(schedule, decision, error.Message);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.WatchInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FireDueAsync();
            }
#pragma warning disable CA1031 // A failure (disk full) must not end all later occasions; the schedule has not moved on and is tried again.
            catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(1401, LogLevel.Information, "Schedule {Name} fired for {Occasion} as sweep {SweepId}.")]
    private partial void LogFired(string name, DateTimeOffset occasion, string sweepId);

    [LoggerMessage(1402, LogLevel.Warning, "Schedule {Name} missed {Count} occasions.")]
    private partial void LogMissed(string name, ulong count);

    [LoggerMessage(1403, LogLevel.Error, "Schedule {Name} could not launch its sweep: {Reason}")]
    private partial void LogRefused(string name, string reason);

    [LoggerMessage(1404, LogLevel.Error, "Firing schedules failed; it is tried again.")]
    private partial void LogFailed(Exception error);
}
