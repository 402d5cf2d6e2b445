using System.Collections.Immutable;
using EdgeFleet.Agent.Daemon;
using EdgeFleet.Agent.Link;
using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Serilog;
using Xunit;

namespace EdgeFleet.EndToEnd;

public sealed class OfflineTests
{
    [Fact]
    public async Task A_device_whose_clock_is_a_day_off_keeps_a_schedule_without_the_collector_and_its_traces_count_once_in_any_order()
    {
        await using var fleet = await TestFleet.StartAsync();
        var agent = fleet.Agent("skewed");
        File.Copy(await Probes.FileAsync(), Path.Combine(Directory.CreateDirectory(agent.State).FullName, "probes"));
        var schedule = await fleet.Collector.Client.Fleet.CreateScheduleAsync(
            new CreateScheduleRequest { Name = "nightly", Cron = "0 3 * * *", Zone = "UTC", Definition = TestFleet.Sweep("name=skewed") });

        string spool;
        var time = new ShiftedTime { Shift = TimeSpan.FromDays(1) };
        var text = new LogText();
        await using (var log = new LoggerConfiguration().WriteTo.Sink(text).CreateLogger())
        {
            var options = new AgentOptions
            {
                Join = new JoinAddress("@" + fleet.Collector.JoinFile), StateDirectory = agent.State, Worker = Probes.Launch,
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("name", "skewed"), Link = new LinkOptions { FirstDelay = TimeSpan.FromMilliseconds(200), LongestDelay = TimeSpan.FromSeconds(1) },
            };
            using var daemon = new AgentDaemon(options, time, log);
            spool = Path.Combine(agent.State, "spool", daemon.DeviceId[..16]);
            var running = daemon.RunAsync();
            await Wait.UntilAsync(() => text.Text.Contains("1 schedules are kept", StringComparison.Ordinal), () => text.Text);
            Device? device = null;
            await Wait.UntilAsync(async () => (device = await fleet.Collector.DeviceAsync(daemon.DeviceId)).ClockOffsetNs != 0, () => $"the clock's offset is known: {device}");
            Assert.Equal(86_400, device!.ClockOffsetNs * 1e-9, 30.0);

            await fleet.Collector.KillAsync();
            await Wait.UntilAsync(() => text.Text.Contains("The link is lost", StringComparison.Ordinal), () => text.Text);
            time.Shift = TimeSpan.FromDays(1) + (DateTimeOffset.FromUnixTimeMilliseconds(schedule.NextFireUnixNs / 1_000_000) - DateTimeOffset.UtcNow) + TimeSpan.FromSeconds(5);
            await Wait.UntilAsync(() => daemon.Level.Spooled == 3, () => text.Text);
            daemon.Stop(TimeSpan.Zero, "the test goes on");
            await running;
        }

        // Somebody else delivers a copy of the spool first: the youngest first, each twice.
        var traces = SpoolReader.Traces(spool, Path.Combine(fleet.Root, "copy"));
        Assert.Equal(3, traces.Count);
        await fleet.Collector.StartAsync();
        var acks = await UploadAsync(fleet, [.. traces.Reverse(), .. traces]);
        Assert.Equal(
            [TraceDisposition.Accepted, TraceDisposition.Accepted, TraceDisposition.Accepted, TraceDisposition.Duplicate, TraceDisposition.Duplicate, TraceDisposition.Duplicate],
            acks.Select(ack => ack.Disposition).Order());

        await agent.ConnectAsync();
        await agent.Process.SaysAsync("is delivered (Duplicate)", 3);
        var sweep = Assert.Single((await fleet.Collector.Client.Fleet.ListSweepsAsync(new ListSweepsRequest { ScheduleId = schedule.ScheduleId })).Sweeps);
        Assert.Equal(schedule.NextFireUnixNs, sweep.FireUnixNs);
        await fleet.AssertCompletedAsync(sweep.SweepId, 3);
        var level = Assert.Single(await fleet.AccountedAsync(agent));
        Assert.Equal((3UL, 3UL), (level.Produced, level.Acknowledged));
        Assert.Equal(0UL, (await fleet.Collector.Client.Fleet.GetStatusAsync(new GetStatusRequest())).Conflicts);
    }

    private static async Task<IReadOnlyList<TraceAck>> UploadAsync(TestFleet fleet, IReadOnlyList<(ulong Sequence, TraceChunk Chunk)> traces)
    {
        using var client = new FleetClient(await File.ReadAllTextAsync(fleet.Collector.JoinFile));
        using var upload = client.Traces.Upload();
        var acks = new List<TraceAck>();
        foreach (var (sequence, chunk) in traces)
        {
            await upload.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = sequence, Header = chunk.Header, Data = chunk.Data });
        }

        await upload.RequestStream.CompleteAsync();
        await foreach (var ack in upload.ResponseStream.ReadAllAsync()) acks.Add(ack);
        return acks;
    }
}
