using EdgeFleet.Agent.Assignments;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Schedules;
using Serilog;

namespace EdgeFleet.Agent.Schedules;

/// <summary>
/// Fires schedules while there is no link. Time is the collector's as far as it is known: this device's clock less the offset that was measured last.
/// Occasions from before the link was lost were the collector's, so that an occasion never fires at both ends with different runs.
/// </summary>
internal sealed class OfflineSchedules(ConfigurationStore configuration, AssignmentDesk desk, Func<bool> isLinked, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    private readonly long startedUnixNs = time.UnixNanoseconds();

    /// <summary>Looks for due occasions until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                FireDue();
            }
            catch (IOException error)
            {
                log.Error("A schedule could not be begun; it is tried again: {Reason}", error.Message);
            }
        }
    }

    /// <summary>Fires what is due now, one occasion at most: they wait for each other.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void FireDue()
    {
        if (isLinked()) return;
        var state = desk.State;
        if (state.Occasion is not null) return;
        var now = time.GetUtcNow() - Clock.Duration(state.ClockOffsetNs);
        foreach (var schedule in configuration.Schedules)
        {
            var since = Math.Max(state.HeardUnixNs > 0 ? state.HeardUnixNs : startedUnixNs - state.ClockOffsetNs, state.ActedUnixNs.GetValueOrDefault(schedule.ScheduleId));
            var timetable = new Timetable(schedule.Cron, schedule.Zone);
            if (timetable.After(Clock.FromUnixNanoseconds(since)) is not { } due || due > now) continue;
            var decision = timetable.Decide(due, now, schedule.Misfire, Clock.Duration(schedule.MisfireGraceNs));
            if (decision.Fire is not { } fire)
            {
                log.Warning("Schedule {Schedule} missed {Count} occasions.", schedule.ScheduleId, decision.Missed);
                desk.Acted(schedule.ScheduleId, now.ToUnixNanoseconds());
                continue;
            }

            if (!desk.Begin(schedule, fire.ToUnixNanoseconds())) return;
            log.Information("Schedule {Schedule} of {Fire} begins without the collector.", schedule.ScheduleId, fire);
            return;
        }
    }
}
