using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace EdgeFleet.Collector.Tests;

/// <summary>One collector for all: nothing of this changes anything.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private TestCollector collector = null!;
    private SimulatedAgent agent = null!;

    public async ValueTask InitializeAsync()
    {
        collector = await TestCollector.StartAsync();
        agent = new SimulatedAgent(collector, "one");
        await agent.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await collector.DisposeAsync();
    }

    [Fact]
    public async Task A_sweep_that_breaks_a_rule_is_refused_with_the_field_and_nothing_is_stored()
    {
        foreach (var (document, expected) in ((string, string)[])
        [
            ("models: [", "document: line"),
            ("- a", "document: line 1: must be a mapping"),
            ("models: tiny-ssm\ncontext: 64\nspeed: 3", "speed: line 3: is not a key of a sweep"),
            ("models: tiny-ssm\ncontext: 64\nretry: {tries: 3}", "retry.tries: line 3"),
            ("models: tiny-ssm\ncontext: &a 64\ndecode: *a", "document: line 3: aliases are not allowed"),
            ("context: 64", "models: is missing"),
            ("models: tiny-ssm", "context: is missing"),
            ("models: tiny-ssm\ncontext: 64k-1k", "context: --context '64k-1k', position 1"),
            ("models: tiny-ssm\ncontext: 0", "context: "),
            ("models: unheard-of\ncontext: 64", "models: 'unheard-of' is not known. There are "),
            ("models: tiny-ssm\ncontext: 64\ndevices: site=moon", "devices: 'site=moon' matches none of 1 devices"),
            ("models: tiny-ssm\ncontext: 64\ndevices: 'site='", "devices: device selector 'site=', position 6"),
            ("models: tiny-ssm\ncontext: 64\nrepeats: 1001", "repeats: 1001 is more than 1000"),
            ("models: tiny-ssm\ncontext: 64\nrepeats: -1", "repeats: line 3: '-1' is not a whole number"),
            ("models: tiny-ssm\ncontext: 64\ntimeout: 25h", "timeout: "),
            ("models: tiny-ssm\ncontext: 64\nprecisions: fp8", "precisions: line 3: 'fp8' is none of"),
            ("models: [tiny-ssm, tiny-ssm]\ncontext: 64", "models: names a value twice"),
            ("models: tiny-ssm\ncontext: 1-1000\ndecode: 1-1000\nrepeats: 1000", "max_runs: the sweep has 1000000000 runs; at most 10000 are allowed"),
            ("models: tiny-ssm\ncontext: 1-1000\ndecode: 1-1000\ndepth: 0-999\nbatch: 1-1000\nthreads: 0-999\nchunk: 0-999\nrepeats: 1000", "max_runs: the sweep has more than 9e18 runs"),
            (new string('#', 70_000), "document: has 70000 characters"),
        ])
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = document }));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.StartsWith(expected, error.Status.Detail, StringComparison.Ordinal);
            Assert.Equal(error.Status.Detail, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.PlanSweepAsync(new CreateSweepRequest { Document = document }))).Status.Detail);
        }

        Assert.Empty((await collector.Fleet.ListSweepsAsync(new ListSweepsRequest())).Sweeps);
        Assert.Empty(agent.Assignments);
    }

    [Fact]
    public async Task A_schedule_that_breaks_a_rule_is_refused()
    {
        const string Good = "models: tiny-ssm\ncontext: 64";
        foreach (var (request, expected) in ((CreateScheduleRequest, string)[])
        [
            (new() { Name = "", Cron = "0 2 * * *", Document = Good }, "name: "),
            (new() { Name = "n", Cron = "every night", Document = Good }, "cron: 'every night'"),
            (new() { Name = "n", Cron = "0 2 30 2 *", Document = Good }, "cron: '0 2 30 2 *' never comes"),
            (new() { Name = "n", Cron = "0 2 * * *", Zone = "Moon/Sea", Document = Good }, "zone: 'Moon/Sea'"),
            (new() { Name = "n", Cron = "0 2 * * *", Zone = "America", Document = Good }, "zone: 'America'"), // A directory of zones.
            (new() { Name = "n", Cron = "0 2 * * *" }, "source: "),
            (new() { Name = "n", Cron = "0 2 * * *", Document = "models: unheard-of\ncontext: 1" }, "models: 'unheard-of'"),
        ])
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.CreateScheduleAsync(request));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.StartsWith(expected, error.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Empty((await collector.Fleet.ListSchedulesAsync(new ListSchedulesRequest())).Schedules);
    }

    [Fact]
    public async Task A_trace_that_cannot_be_is_refused_and_the_run_stays_open()
    {
        agent.Perform = _ => null;
        await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = "models: tiny-ssm\ncontext: 64\nrepeats: 1" });
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 1), "the assignment");
        var assignment = agent.Assignments.Single();
        foreach (var (spoil, expected) in ((Action<Trace>, string)[])
        [
            (t => t.Iterations[1].TtftNs = -1, "impossible: iterations[1].ttft_ns -1"),
            (t => t.Iterations[1].InterTokenNs.Add(Enumerable.Repeat(1L, 500)), "impossible: iterations[1].inter_token_ns has"),
            (t => t.Iterations.Clear(), "impossible: iterations holds no timed one"),
            (t => t.Memory.PeakBytes = ulong.MaxValue, "impossible: memory.peak_bytes"),
            (t => t.Energy[0].GrossJoules = 0, "impossible: energy[0].gross_joules 0"),
            (t => t.Energy[0].NetJoules = double.NaN, "impossible: energy[0]"),
            (t => t.Roofline.Mbu = -0.1, "impossible: roofline"),
            (t => t.Telemetry.Add(new TelemetrySeries { Metric = "m", TimeNs = { 1, 2 }, Value = { 1 } }), "impossible: telemetry[0]"),
            (t => t.Phases.Add(new Phase { Name = "p", StartNs = 5, EndNs = 4 }), "impossible: phases[0]"),
            (t => t.End = null, "invalid_trace: end.outcome"),
            (t => t.Scenario = null, "invalid_trace: scenario"),
            (t => t.Scenario.ContextTokens = 65, "wrong_scenario: "),
        ])
        {
            var trace = Simulation.Traces.Completed(assignment).Clone();
            spoil(trace);
            var ack = await agent.UploadAsync(trace, assignment.Origin);
            Assert.Equal(TraceState.Refused, ack.State);
            Assert.StartsWith(expected, ack.Reason, StringComparison.Ordinal);
        }

        foreach (var (spoil, expected) in ((Action<TraceHeader>, string)[])
        [
            (h => h.Sha256 = new string('0', 64), "corrupt: the bytes do not have"),
            (h => h.Sha256 = "x", "invalid_header: sha256"),
            (h => h.DecodedBytes--, "corrupt: the zstd frame"),
            (h => h.DecodedBytes = 1ul << 40, "too_large: decoded_bytes"),
            (h => h.EncodedBytes = 1ul << 40, "too_large: encoded_bytes"),
            (h => h.RunId = "x", "invalid_header: run_id"),
            (h => h.Attempt = 2, "invalid_trace: attempt"),
            (h => h.DeviceId = new string('a', 64), "wrong_device: "),
            (h => h.Encoding = (TraceEncoding)9, "unknown_encoding: "),
        ])
        {
            var ack = await agent.UploadAsync(Simulation.Traces.Completed(assignment), assignment.Origin, spoil);
            Assert.Equal(TraceState.Refused, ack.State);
            Assert.StartsWith(expected, ack.Reason, StringComparison.Ordinal);
        }

        var unknown = Simulation.Traces.Completed(assignment);
        unknown.RunId = Guid.NewGuid().ToString("D");
        Assert.StartsWith("run_unknown: ", (await agent.UploadAsync(unknown, assignment.Origin)).Reason, StringComparison.Ordinal);
        Assert.Equal(RunState.Issued, (await collector.Fleet.GetRunAsync(new GetRunRequest { RunId = assignment.Run.RunId })).State);
        Assert.Equal(0ul, (await collector.Fleet.GetStatusAsync(new GetStatusRequest())).Traces);
    }

    [Fact]
    public async Task A_hello_that_breaks_a_rule_is_refused()
    {
        foreach (var (message, code, expected) in ((AgentMessage, StatusCode, string)[])
        [
            (new() { Heartbeat = new Heartbeat() }, StatusCode.InvalidArgument, "hello: must be the first message"),
            (new() { Hello = new Hello { DeviceId = "short", ProtocolVersion = "1.0" } }, StatusCode.InvalidArgument, "hello.device_id: "),
            (new() { Hello = new Hello { DeviceId = new string('b', 64), ProtocolVersion = "2.0" } }, StatusCode.FailedPrecondition, "hello.protocol_version: "),
            (new() { Hello = new Hello { DeviceId = new string('b', 64), ProtocolVersion = "1.7", Labels = { ["k"] = new string('v', 2000) } } }, StatusCode.InvalidArgument, "hello.labels: "),
        ])
        {
            using var call = new AgentLink.AgentLinkClient(collector.Channel(collector.Host.Join)).Connect();
            await call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(code, error.StatusCode);
            Assert.StartsWith(expected, error.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Single((await collector.Fleet.ListDevicesAsync(new ListDevicesRequest())).Devices);
    }

    [Fact]
    public async Task Oversize_messages_and_pages_are_refused()
    {
        using var upload = new Protos.V1.Traces.TracesClient(collector.Channel(collector.Host.Join)).Upload();
        await upload.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = 1, Data = ByteString.CopyFrom(new byte[(1 << 20) + 1]) }, TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => upload.ResponseStream.MoveNext(TestContext.Current.CancellationToken))).StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = new string('a', 5 << 20) }))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.ListRunsAsync(new ListRunsRequest { PageSize = 1001 }))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.ListRunsAsync(new ListRunsRequest { PageToken = "x" }))).StatusCode);
    }

    [Fact]
    public async Task Nothing_is_answered_without_the_right_token()
    {
        var wrong = collector.Host.Operator with { Token = "wrong" };
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(async () => await new Fleet.FleetClient(collector.Channel(wrong)).GetStatusAsync(new GetStatusRequest()))).StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await new Fleet.FleetClient(collector.Channel(collector.Host.Join)).GetStatusAsync(new GetStatusRequest()))).StatusCode);
        using var link = new AgentLink.AgentLinkClient(collector.Channel(collector.Host.Operator)).Connect();
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => link.ResponseStream.MoveNext(TestContext.Current.CancellationToken))).StatusCode);
        using var response = await collector.Http(null).GetAsync(new Uri("/v1/status", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("operator-token", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var forbidden = await collector.Http(collector.Host.Join.Token).GetAsync(new Uri("/v1/status", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, forbidden.StatusCode);
        Assert.Contains("This token is for agents", await forbidden.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // What a browser shows holds no secret and needs none.
        Assert.Contains("/metrics", await collector.Http(null).GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
