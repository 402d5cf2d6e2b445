using EdgeFleet.Cli.Sweeps;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class SweepProgressTests
{
    private static readonly DateTimeOffset Launched = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_line_says_what_has_ended_and_what_each_device_does()
    {
        var update = new SweepUpdate
        {
            Sweep = Sweep(new RunCounts { Total = 10, Queued = 6, Issued = 1, Completed = 2, Failed = 1 }),
            Active = { new ActiveRun { DeviceId = "0123456789", Scenario = new Scenario { Model = "m", Precision = Precision.Int4, ContextTokens = 64 }, Progress = new WorkerProgress { Phase = "prefill", Done = 1, Total = 3 } } },
        };
        Assert.Equal("3/10 ended, 1 failed  01234567 m int4 64 prefill 1/3", SweepProgress.Line(update));
        update.Sweep.State = SweepState.Paused;
        Assert.Equal("3/10 ended, 1 failed, paused  01234567 m int4 64 prefill 1/3", SweepProgress.Line(update));
    }

    [Fact]
    public void The_time_that_is_left_follows_from_the_runs_that_were_performed()
    {
        // 4 performed in 40 s, 2 re-used at once, 6 to go.
        var counts = new RunCounts { Total = 12, Queued = 5, Issued = 1, Completed = 5, Reused = 2, OutOfMemory = 1 };
        Assert.Equal(TimeSpan.FromSeconds(60), SweepProgress.Remaining(Sweep(counts), Launched.AddSeconds(40)));
        Assert.Null(SweepProgress.Remaining(Sweep(new RunCounts { Total = 2, Queued = 2 }), Launched.AddSeconds(40)));
        Assert.Null(SweepProgress.Remaining(Sweep(new RunCounts { Total = 2, Completed = 2 }), Launched.AddSeconds(40)));
    }

    private static Sweep Sweep(RunCounts counts) => new() { State = SweepState.Running, Counts = counts, CreatedUnixNs = (Launched - DateTimeOffset.UnixEpoch).Ticks * 100 };
}
