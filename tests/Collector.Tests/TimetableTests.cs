using EdgeFleet.Collector.Schedules;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class TimetableTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static DateTimeOffset At(string utc) => DateTimeOffset.Parse(utc + "Z", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void The_hour_that_a_clock_skips_in_spring_comes_at_the_first_moment_after_it()
    {
        // Zurich, 2026-03-29: 02:00 becomes 03:00 (01:00 UTC).
        var night = new Timetable("30 2 * * *", "Europe/Zurich");
        Assert.Equal(At("2026-03-28T01:30:00"), night.After(At("2026-03-27T12:00:00")));
        Assert.Equal(At("2026-03-29T01:00:00"), night.After(At("2026-03-28T12:00:00")));
        Assert.Equal(At("2026-03-30T00:30:00"), night.After(At("2026-03-29T12:00:00")));
    }

    [Fact]
    public void The_hour_that_a_clock_repeats_in_autumn_comes_once()
    {
        // Zurich, 2026-10-25: 03:00 becomes 02:00 (01:00 UTC).
        var night = new Timetable("30 2 * * *", "Europe/Zurich");
        var first = night.After(At("2026-10-24T12:00:00"));
        Assert.Equal(At("2026-10-25T00:30:00"), first);
        Assert.Equal(At("2026-10-26T01:30:00"), night.After(first!.Value));
    }

    [Fact]
    public void A_punctual_occasion_fires_whatever_the_policy()
    {
        var decision = new Timetable("0 * * * *", "UTC").Decide(At("2026-01-01T05:00:00"), At("2026-01-01T05:00:02"), MisfirePolicy.Skip, Hour);
        Assert.Equal((At("2026-01-01T05:00:00"), 0ul, At("2026-01-01T06:00:00")), (decision.Fire!.Value, decision.Missed, decision.Next!.Value));
    }

    [Fact]
    public void Missed_occasions_are_left_out_or_made_up_for_once_within_the_grace_time()
    {
        var timetable = new Timetable("0 * * * *", "UTC");
        var due = At("2026-01-01T05:00:00");
        var now = At("2026-01-01T09:30:00");
        var skip = timetable.Decide(due, now, MisfirePolicy.Skip, Hour);
        Assert.Equal((null, 5ul, At("2026-01-01T10:00:00")), (skip.Fire, skip.Missed, skip.Next!.Value));
        var once = timetable.Decide(due, now, MisfirePolicy.RunOnce, Hour);
        Assert.Equal((At("2026-01-01T09:00:00"), 4ul), (once.Fire!.Value, once.Missed));
        Assert.Null(timetable.Decide(due, now, MisfirePolicy.RunOnce, TimeSpan.FromMinutes(10)).Fire);
    }

    [Fact]
    public void Years_of_missed_minutes_are_decided_at_once()
    {
        var decision = new Timetable("* * * * *", "UTC").Decide(At("2016-01-01T00:00:00"), At("2026-01-01T00:00:30"), MisfirePolicy.Skip, Hour);
        Assert.Equal(At("2026-01-01T00:01:00"), decision.Next);
    }
}
