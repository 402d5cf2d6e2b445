using EdgeFleet.Agent.Assignments;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Schedules;

/// <summary>The runs of one occasion of a schedule, under the ids that the collector would give them. Pure.</summary>
internal static class OccasionRuns
{
    /// <summary>Runs that have not begun, repeat by repeat in the order of the definition.</summary>
    public static IEnumerable<(uint Index, Assignment Assignment)> Pending(OfflineOccasion occasion, string deviceId)
    {
        var schedule = occasion.Schedule;
        var fire = Clock.FromUnixNanoseconds(occasion.FireUnixNs);
        var total = (uint)schedule.Scenarios.Count * schedule.Repeats;
        for (var index = occasion.Next; index < total; index++)
        {
            if (occasion.Cancelled.Contains(index)) continue;
            var scenario = schedule.Scenarios[(int)(index % (uint)schedule.Scenarios.Count)];
            var repeat = index / (uint)schedule.Scenarios.Count;
            yield return (index, new Assignment
            {
                Run = new WorkerRun
                {
                    RunId = RunId.Compute(schedule.ScheduleId, fire, deviceId, ScenarioHash.Of(scenario.ToMeasured()), (int)repeat).ToString("D"),
                    Attempt = 1,
                    Repeat = repeat,
                    Scenario = scenario,
                    Engine = schedule.Engine,
                },
                Origin = new RunOrigin { ScheduleId = schedule.ScheduleId, FireUnixNs = occasion.FireUnixNs },
                TimeoutNs = schedule.TimeoutNs,
                CatalogueEntryJson = schedule.CatalogueEntries.TryGetValue(scenario.Model, out var entry) ? entry : "",
            });
        }
    }
}
