using System.Globalization;
using System.Text;
using EdgeFleet.Measurement.Scenarios;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Sweeps of schedules have ids that both ends can compute, so that an occasion is one sweep whoever fires it, and however often.</summary>
internal static class ScheduledSweep
{
    /// <summary>The id of an occasion's sweep: UUID of version 5 over schedule and fire time.</summary>
    public static string Id(string scheduleId, long fireUnixNs) =>
        RunId.Version5(RunId.Namespace, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"sweep\n{scheduleId}\n{fireUnixNs}"))).ToString("D");
}
