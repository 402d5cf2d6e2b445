using EdgeFleet.Collector.Ingest;
using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class IngestTests : IAsyncLifetime
{
    private TestCollector collector = null!;
    private SimulatedAgent agent = null!;

    public async ValueTask InitializeAsync()
    {
        collector = await TestCollector.StartAsync();
        agent = new SimulatedAgent(collector, "one") { Perform = _ => null };
        await agent.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await collector.DisposeAsync();
    }

    [Fact]
    public async Task The_same_trace_twice_counts_once_also_after_a_restart()
    {
        var assignment = await AssignmentAsync();
        var trace = Simulation.Traces.Completed(assignment);
        Assert.Equal(TraceDisposition.Accepted, (await agent.UploadAsync(trace, assignment.Origin)).Disposition);
        Assert.Equal(TraceDisposition.Duplicate, (await agent.UploadAsync(trace, assignment.Origin)).Disposition);
        await collector.RestartAsync();
        Assert.Equal(TraceDisposition.Duplicate, (await agent.UploadAsync(trace, assignment.Origin)).Disposition);
        Assert.Equal(1ul, (await collector.Fleet.GetStatusAsync(new GetStatusRequest())).Traces);
    }

    [Fact]
    public async Task Another_trace_of_the_same_attempt_is_kept_counted_and_changes_nothing()
    {
        var assignment = await AssignmentAsync();
        await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin);
        var before = await collector.Fleet.GetRunAsync(new GetRunRequest { RunId = assignment.Run.RunId });
        Assert.Equal(TraceDisposition.Conflict, (await agent.UploadAsync(Simulation.Traces.Completed(assignment, speed: 3), assignment.Origin)).Disposition);
        Assert.Equal(before, await collector.Fleet.GetRunAsync(new GetRunRequest { RunId = assignment.Run.RunId }));
        var status = await collector.Fleet.GetStatusAsync(new GetStatusRequest());
        Assert.Equal((2ul, 1ul), (status.Traces, status.Conflicts));
    }

    [Fact]
    public async Task Many_uploads_of_one_trace_at_once_store_it_once()
    {
        var assignment = await AssignmentAsync();
        var trace = Simulation.Traces.Completed(assignment);
        var acks = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => agent.UploadAsync(trace, assignment.Origin)));
        Assert.Single(acks, a => a.Disposition == TraceDisposition.Accepted);
        Assert.All(acks, a => Assert.Equal(TraceState.Stored, a.State));
        Assert.Equal(1ul, (await collector.Fleet.GetStatusAsync(new GetStatusRequest())).Traces);
    }

    [Fact]
    public async Task A_large_trace_goes_on_where_it_was_after_a_restart()
    {
        var assignment = await AssignmentAsync();
        var trace = Simulation.Traces.Completed(assignment);
        var random = new Random(7);
        var series = new TelemetrySeries { Metric = "power_watts" };
        for (var i = 0; i < 300_000; i++)
        {
            series.TimeNs.Add(i);
            series.Value.Add(random.NextDouble());
        }

        trace.Telemetry.Add(series);
        var bytes = Simulation.Traces.Encode(trace, TraceEncoding.Zstd);
        Assert.True(bytes.Length > PartialUpload.SmallTrace * 2);
        var header = Simulation.Traces.Header(agent, trace, assignment.Origin, bytes, TraceEncoding.Zstd);
        using (var first = Upload())
        {
            await first.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = 9, Header = header, Data = ByteString.CopyFrom(bytes, 0, 300_000) });
            await first.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = 9, OffsetBytes = 999_999_999, Data = ByteString.CopyFrom(1) });
            Assert.True(await first.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal((TraceState.Receiving, 300_000ul), (first.ResponseStream.Current.State, first.ResponseStream.Current.ReceivedBytes));
            await first.RequestStream.CompleteAsync();
        }

        await collector.RestartAsync();
        using var second = Upload();
        await second.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = 9, Header = header });
        Assert.True(await second.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(300_000ul, second.ResponseStream.Current.ReceivedBytes);
        for (var offset = 300_000; offset < bytes.Length; offset += 100_000)
        {
            await second.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = 9, OffsetBytes = (ulong)offset, Data = ByteString.CopyFrom(bytes, offset, Math.Min(100_000, bytes.Length - offset)) });
        }

        await second.RequestStream.CompleteAsync();
        TraceAck? last = null;
        await foreach (var ack in second.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) last = ack;
        Assert.Equal((TraceState.Stored, TraceDisposition.Accepted), (last!.State, last.Disposition));
        Assert.Equal(trace, await collector.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = trace.RunId }));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(collector.Options.DataDirectory, "incoming")));
    }

    [Fact]
    public async Task Several_traces_in_flight_in_one_stream_are_all_acknowledged()
    {
        var assignment = await AssignmentAsync();
        using var upload = Upload();
        for (ulong i = 1; i <= 50; i++)
        {
            var trace = Simulation.Traces.Completed(assignment, speed: i);
            var bytes = Simulation.Traces.Encode(trace, TraceEncoding.Identity);
            await upload.RequestStream.WriteAsync(new TraceChunk
            {
                SpoolSequence = i, Header = Simulation.Traces.Header(agent, trace, assignment.Origin, bytes, TraceEncoding.Identity), Data = ByteString.CopyFrom(bytes),
            });
        }

        await upload.RequestStream.CompleteAsync();
        var acks = new List<TraceAck>();
        await foreach (var ack in upload.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) acks.Add(ack);
        Assert.Equal(50, acks.Select(a => a.SpoolSequence).Distinct().Count());
        Assert.All(acks, a => Assert.Equal(TraceState.Stored, a.State));
        Assert.Single(acks, a => a.Disposition == TraceDisposition.Accepted);
        Assert.Equal(49ul, (await collector.Fleet.GetStatusAsync(new GetStatusRequest())).Conflicts);
    }

    [Fact]
    public async Task A_run_past_its_deadline_is_lost_and_its_late_trace_replaces_that()
    {
        await agent.DisposeAsync();
        await collector.DisposeAsync();
        collector = await TestCollector.StartAsync(o => o with { DeliveryGrace = TimeSpan.FromSeconds(-0.5) });
        agent = new SimulatedAgent(collector, "one") { Perform = _ => null };
        await agent.ConnectAsync();
        var assignment = await AssignmentAsync("timeout: 1s\nretry: {max_attempts: 1}");
        var ended = await collector.EndedAsync(assignment.SweepId);
        Assert.Equal(1u, ended.Counts.Failed);
        Assert.Equal("device_lost", (await collector.Fleet.GetRunAsync(new GetRunRequest { RunId = assignment.Run.RunId })).End.Reason);
        Assert.Equal(TraceDisposition.SupersededLoss, (await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin)).Disposition);
        Assert.Equal(1u, (await collector.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = assignment.SweepId })).Counts.Completed);
    }

    [Fact]
    public async Task Retention_removes_old_segments_and_keeps_results()
    {
        var assignment = await AssignmentAsync();
        await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin);
        await collector.RestartAsync();
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        var other = await AssignmentAsync();
        await agent.UploadAsync(Simulation.Traces.Completed(other), other.Origin);
        Assert.Equal(0, await collector.Host.Services.GetRequiredService<Retention>().CleanAsync());
        await agent.DisconnectAsync();
        await collector.Host.DisposeAsync();
        await using var small = await Hosting.CollectorHost.StartAsync(collector.Options with { TraceBytesBound = 1 }, quiet: true);
        await small.Services.GetRequiredService<Retention>().CleanAsync();
        var fleet = new Fleet.FleetClient(collector.Channel(small.Operator));
        var run = await fleet.GetRunAsync(new GetRunRequest { RunId = assignment.Run.RunId });
        Assert.False(run.HasTrace);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(collector.Options.DataDirectory, "traces")));
        Assert.True(run.Result.TtftNs > 0);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = run.RunId }))).StatusCode);
    }

    private AsyncDuplexStreamingCall<TraceChunk, TraceAck> Upload() => new Protos.V1.Traces.TracesClient(collector.Channel(collector.Host.Join)).Upload();

    private async Task<Assignment> AssignmentAsync(string more = "")
    {
        var before = agent.Assignments.Count;
        var sweep = await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = "models: tiny-ssm\ncontext: 64\nrepeats: 1\n" + more });
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count > before), "the assignment");
        return agent.Assignments.Single(a => a.SweepId == sweep.SweepId);
    }
}
