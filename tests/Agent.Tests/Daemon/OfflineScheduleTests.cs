using EdgeFleet.Agent.Schedules;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Protos.V1;
using Serilog.Core;
using Xunit;

namespace EdgeFleet.Agent.Tests.Daemon;

public sealed class OfflineScheduleTests : IDisposable
{
    private readonly DeskFixture fixture = new();
    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("schedules").FullName, "schedules");
    private bool linked;

    public void Dispose()
    {
        fixture.Dispose();
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task An_occasion_fires_without_a_link_under_the_ids_that_the_collector_would_give()
    {
        var schedules = Schedules(Nightly());
        fixture.Time.SetUtcNow(At("2026-01-01T02:00:10"));
        schedules.FireDue();
        var fire = At("2026-01-01T02:00:00");
        var expected =
            from repeat in Enumerable.Range(0, 2)
            from model in (string[])["a", "b"]
            select RunId.Compute("nightly", fire, DeskFixture.DeviceId, ScenarioHash.Of(ScenarioOf(model).ToMeasured()), repeat).ToString("D");
        Assert.Equal(expected, await PerformAllAsync());
        Assert.All(fixture.Waiting(), trace => Assert.Equal(("nightly", "", fire.ToUnixNanoseconds()), (trace.Header.Origin.ScheduleId, trace.Header.Origin.SweepId, trace.Header.Origin.FireUnixNs)));

        schedules.FireDue();
        Assert.Null(fixture.Desk.State.Occasion);
    }

    [Fact]
    public void A_linked_agent_leaves_occasions_to_the_collector_also_those_of_before_the_link_was_lost()
    {
        var schedules = Schedules(Nightly());
        linked = true;
        fixture.Time.SetUtcNow(At("2026-01-01T02:00:10"));
        schedules.FireDue();
        Assert.Null(fixture.Desk.State.Occasion);

        linked = false;
        fixture.Desk.Heard(At("2026-01-01T02:00:05").ToUnixNanoseconds(), 0);
        schedules.FireDue();
        Assert.Null(fixture.Desk.State.Occasion);
        fixture.Time.SetUtcNow(At("2026-01-02T02:00:00"));
        schedules.FireDue();
        Assert.Equal(At("2026-01-02T02:00:00").ToUnixNanoseconds(), fixture.Desk.State.Occasion?.FireUnixNs);
    }

    [Fact]
    public void Occasions_follow_the_collectors_clock_when_this_one_is_a_day_off()
    {
        var schedules = Schedules(Nightly());
        fixture.Desk.Heard(At("2026-01-01T01:00:00").ToUnixNanoseconds(), TimeSpan.FromDays(1).Nanoseconds());
        fixture.Time.SetUtcNow(At("2026-01-02T01:59:00"));
        schedules.FireDue();
        Assert.Null(fixture.Desk.State.Occasion);
        fixture.Time.SetUtcNow(At("2026-01-02T02:00:01"));
        schedules.FireDue();
        Assert.Equal(At("2026-01-01T02:00:00").ToUnixNanoseconds(), fixture.Desk.State.Occasion?.FireUnixNs);
    }

    [Fact]
    public async Task An_occasion_goes_on_after_a_restart_and_its_interrupted_run_ends_with_a_reason()
    {
        Schedules(Nightly());
        var configuration = new ConfigurationStore(path, Logger.None);
        Assert.Equal(7UL, configuration.Version);
        fixture.Desk.Begin(configuration.Schedules[0], At("2026-01-01T02:00:00").ToUnixNanoseconds());
        var first = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
        Assert.Equal(["running", "held", "held", "held"], fixture.Desk.Claims(DeskFixture.DeviceId, 10).Select(claim => claim.State));
        fixture.Restart();
        fixture.Desk.RecoverInterrupted();
        Assert.DoesNotContain(first.Assignment.Run.RunId, await PerformAllAsync());
        Assert.Equal(["agent_restarted", "", "", ""], fixture.Waiting().Select(trace => trace.Trace.End.Reason));
        first.Dispose();
    }

    [Fact]
    public async Task A_cancelled_run_of_an_occasion_is_left_out()
    {
        Schedules(Nightly());
        fixture.Desk.Begin(Nightly(), At("2026-01-01T02:00:00").ToUnixNanoseconds());
        var second = fixture.Desk.Claims(DeskFixture.DeviceId, 10)[1].RunId;
        fixture.Desk.Cancel(new CancelRun { RunId = second, Reason = "superseded" }, DeskFixture.DeviceId);
        var performed = await PerformAllAsync();
        Assert.Equal(3, performed.Count);
        Assert.DoesNotContain(second, performed);
        Assert.Equal("superseded", fixture.Waiting()[0].Trace.End.Reason);
    }

    [Fact]
    public void A_missed_occasion_is_made_up_for_only_within_its_grace()
    {
        var once = Nightly();
        once.Misfire = MisfirePolicy.RunOnce;
        once.MisfireGraceNs = TimeSpan.FromHours(1).Nanoseconds();
        var schedules = Schedules(once);
        fixture.Time.SetUtcNow(At("2026-01-01T03:30:00"));
        schedules.FireDue();
        Assert.Null(fixture.Desk.State.Occasion);
        fixture.Time.SetUtcNow(At("2026-01-02T02:30:00"));
        schedules.FireDue();
        Assert.Equal(At("2026-01-02T02:00:00").ToUnixNanoseconds(), fixture.Desk.State.Occasion?.FireUnixNs);
    }

    [Fact]
    public void What_cannot_be_performed_is_left_out_of_an_offer()
    {
        var bad = Nightly();
        bad.Cron = "not a cron";
        var endless = Nightly();
        endless.Repeats = uint.MaxValue;
        var store = new ConfigurationStore(path, Logger.None);
        store.Take(new ConfigurationOffer { Version = 9, Schedules = new ScheduleSet { Schedules = { bad, Nightly(), endless } } });
        Assert.Single(store.Schedules);
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Equal(0UL, new ConfigurationStore(path, Logger.None).Version);
    }

    private OfflineSchedules Schedules(DeviceSchedule schedule)
    {
        var store = new ConfigurationStore(path, Logger.None);
        store.Take(new ConfigurationOffer { Version = 7, Schedules = new ScheduleSet { Schedules = { schedule } } });
        return new OfflineSchedules(store, fixture.Desk, () => linked, fixture.Time, Logger.None);
    }

    private async Task<IReadOnlyList<string>> PerformAllAsync()
    {
        var performed = new List<string>();
        while (fixture.Desk.State.Occasion is { } occasion && OccasionRuns.Pending(occasion, DeskFixture.DeviceId).Any())
        {
            var open = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
            performed.Add(open.Assignment.Run.RunId);
            fixture.Desk.Complete(open, DeskFixture.Completed(open.Assignment));
        }

        // Asking once more ends the occasion.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Desk.NextAsync(DeskFixture.DeviceId, new CancellationToken(canceled: true)));
        return performed;
    }

    private static DeviceSchedule Nightly() => new()
    {
        ScheduleId = "nightly", Cron = "0 2 * * *", Zone = "UTC", Misfire = MisfirePolicy.Skip, Repeats = 2, Scenarios = { ScenarioOf("a"), ScenarioOf("b") },
    };

    private static Protos.V1.Scenario ScenarioOf(string model) => new() { Model = model, Provider = Provider.Cpu, Precision = Precision.Fp32, ContextTokens = 8, DecodeTokens = 2, Batch = 1 };

    private static DateTimeOffset At(string utc) => DateTimeOffset.Parse(utc + "Z", System.Globalization.CultureInfo.InvariantCulture);
}
