using EdgeFleet.Collector.Tests.Prometheus;
using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd;

/// <summary>With a fleet of its own, since it waits for a minute of the clock.</summary>
public sealed class ScheduleTests
{
    // What a machine without sensors, such as most virtual ones, has no values of.
    private static readonly string[] NeedSensors =
    [
        "edgefleet_device_power_watts", "edgefleet_device_temperature_celsius", "edgefleet_device_clock_hertz", "edgefleet_device_throttled", "edgefleet_energy_joules",
    ];

    [Fact]
    public async Task A_schedule_fires_on_three_agents_and_Prometheus_has_all_that_the_dashboards_ask_for()
    {
        Debian.Require("prometheus");
        await using var fleet = await TestFleet.StartAsync();
        var agents = await fleet.ConnectAsync("red", "green", "blue");
        await using var prometheus = await RealPrometheus.StartAsync(fleet.Collector.CertificateFile, fleet.Collector.Port);

        // A first sweep by hand is the baseline of the scheduled one. The shortest time that cron knows is a minute: nothing is faked.
        var definition = TestFleet.Sweep("name in (red, green, blue)");
        definition.Engine.MemoryPass = true;
        var schedule = await fleet.Collector.Client.Fleet.CreateScheduleAsync(new CreateScheduleRequest { Name = "each minute", Cron = "* * * * *", Zone = "Europe/Zurich", Definition = definition });
        await fleet.AssertCompletedAsync(await fleet.Collector.LaunchAsync(definition), 9);
        Sweep? sweep = null;
        await Wait.UntilAsync(
            async () => (sweep = (await fleet.Collector.Client.Fleet.ListSweepsAsync(new ListSweepsRequest { ScheduleId = schedule.ScheduleId })).Sweeps.LastOrDefault()) is not null,
            () => $"the schedule fires at {schedule.NextFireUnixNs}\n{fleet.Collector.Process.Text}");
        await fleet.Collector.Client.Fleet.DeleteScheduleAsync(new DeleteScheduleRequest { ScheduleId = schedule.ScheduleId });
        Assert.Equal(schedule.NextFireUnixNs, sweep!.FireUnixNs);
        await fleet.AssertCompletedAsync(sweep.SweepId, 9);
        Assert.All(await fleet.Collector.RunsAsync(sweep.SweepId), run => Assert.True(run.Result is { HasTtftBaselineRatio: true, TtftBaselineRatio: > 0 }, $"{run.Result}"));

        await Debian.RunAsync("promtool", ["check", "metrics"], await fleet.Collector.MetricsAsync());
        foreach (var (where, expression) in Deployment.Expressions().Where(e => !NeedSensors.Any(metric => e.Expression.Contains(metric, StringComparison.Ordinal))))
        {
            await Wait.UntilAsync(() => prometheus.HasDataAsync(expression), () => $"{where} has data: {expression}");
        }

        await fleet.AccountedAsync(agents);
    }
}
