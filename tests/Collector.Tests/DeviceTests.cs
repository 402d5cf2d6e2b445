using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Schedules;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Collector.Tests.Simulation;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class DeviceTests : IAsyncLifetime
{
    private TestCollector collector = null!;
    private SimulatedAgent agent = null!;

    public async ValueTask InitializeAsync()
    {
        collector = await TestCollector.StartAsync();
        agent = new SimulatedAgent(collector, "one");
    }

    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await collector.DisposeAsync();
    }

    private async Task<Device> DeviceAsync() => await collector.Fleet.GetDeviceAsync(new GetDeviceRequest { DeviceId = agent.DeviceId });

    [Fact]
    public async Task Presence_labels_and_clock_are_known()
    {
        agent.ClockError = TimeSpan.FromDays(1);
        agent.Labels["site"] = "lab";
        await agent.ConnectAsync();
        Assert.Equal(collector.Host.Join.Fingerprint.Length, agent.DeviceId.Length);
        await TestCollector.EventuallyAsync(async () => (await DeviceAsync()).ClockOffsetNs != 0, "the clocks are compared");
        var device = await DeviceAsync();
        Assert.True(device.Online);
        Assert.InRange(device.ClockOffsetNs, TimeSpan.FromDays(1).Nanoseconds() - 1_000_000_000, TimeSpan.FromDays(1).Nanoseconds() + 1_000_000_000);
        Assert.Equal(5.5, device.Gauges["power_watts/VDD_IN"]);

        device = await collector.Fleet.SetDeviceLabelsAsync(new SetDeviceLabelsRequest { DeviceId = agent.DeviceId[..8], Labels = { ["site"] = "roof", ["rack"] = "7" } });
        Assert.Equal(("roof", "7", "one"), (device.Labels["site"], device.Labels["rack"], device.Labels["name"]));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.SetDeviceLabelsAsync(new SetDeviceLabelsRequest { DeviceId = agent.DeviceId, Labels = { ["site"] = "New York" } }));
        Assert.Equal((StatusCode.InvalidArgument, "roof"), (refused.StatusCode, (await DeviceAsync()).Labels["site"]));
        Assert.Single((await collector.Fleet.ListDevicesAsync(new ListDevicesRequest { Selector = "site in (roof, moon), !gpu" })).Devices);
        Assert.Empty((await collector.Fleet.ListDevicesAsync(new ListDevicesRequest { Selector = "site=lab" })).Devices);

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.ForgetDeviceAsync(new ForgetDeviceRequest { DeviceId = agent.DeviceId }))).StatusCode);
        await agent.DisconnectAsync();
        await TestCollector.EventuallyAsync(async () => !(await DeviceAsync()).Online, "the device is offline");
        await collector.Fleet.ForgetDeviceAsync(new ForgetDeviceRequest { DeviceId = agent.DeviceId });
        Assert.Empty((await collector.Fleet.ListDevicesAsync(new ListDevicesRequest())).Devices);
    }

    [Fact]
    public async Task The_results_of_a_device_that_was_forgotten_are_still_found_by_it()
    {
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = "models: tiny-ssm\ncontext: 64\nrepeats: 1" });
        await TestCollector.EventuallyAsync(async () => (await collector.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweep.SweepId })).State == SweepState.Finished, "the sweep has ended");
        await agent.DisconnectAsync();
        await TestCollector.EventuallyAsync(async () => !(await DeviceAsync()).Online, "the device is offline");
        await collector.Fleet.ForgetDeviceAsync(new ForgetDeviceRequest { DeviceId = agent.DeviceId });
        var found = await collector.Fleet.ListRunsAsync(new ListRunsRequest { DeviceId = agent.DeviceId[..8] });
        Assert.Equal(agent.DeviceId, Assert.Single(found.Runs).DeviceId);
        var other = new string(agent.DeviceId[0] == '0' ? '1' : '0', 8);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.ListRunsAsync(new ListRunsRequest { DeviceId = other }))).StatusCode);
    }

    [Fact]
    public async Task A_second_stream_of_one_device_is_refused_and_the_first_lives_on()
    {
        await agent.ConnectAsync();
        await using var clone = new SimulatedAgent(collector, "one");
        Assert.Equal(StatusCode.AlreadyExists, (await Assert.ThrowsAsync<RpcException>(clone.ConnectAsync)).StatusCode);
        Assert.True((await DeviceAsync()).Online);
        Assert.Null(agent.Ended);
    }

    [Fact]
    public async Task A_device_that_is_drained_finishes_its_run_and_gets_no_other_until_it_connects_anew()
    {
        agent.Perform = _ => null;
        await agent.ConnectAsync();
        var sweep = await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = "models: tiny-ssm\ncontext: 64\nrepeats: 2" });
        await TestCollector.EventuallyAsync(() => Task.FromResult(agent.Assignments.Count == 1), "the first run is assigned");
        var drained = await collector.Fleet.DrainDeviceAsync(new DrainDeviceRequest { DeviceId = agent.DeviceId[..8], Reason = "a new release" });
        Assert.True(drained is { Draining: true, Online: true });
        await TestCollector.EventuallyAsync(() => Task.FromResult(!agent.Drains.IsEmpty), "the agent is told");
        Assert.Equal("a new release", agent.Drains.Single().Reason);

        await agent.FinishAsync(agent.Assignments.Single(), Simulation.Traces.Completed(agent.Assignments.Single()));
        await Task.Delay(700, TestContext.Current.CancellationToken);
        Assert.Single(agent.Assignments);
        await agent.DisconnectAsync();
        await TestCollector.EventuallyAsync(async () => !(await DeviceAsync()).Online, "the device is offline");
        Assert.False((await DeviceAsync()).Draining);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.DrainDeviceAsync(new DrainDeviceRequest { DeviceId = agent.DeviceId }));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);

        agent.Perform = assignment => Simulation.Traces.Completed(assignment);
        await agent.ConnectAsync();
        Assert.Equal(2u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
    }

    [Fact]
    public async Task A_silent_stream_is_ended_with_the_reason_and_its_device_may_connect_again()
    {
        // Several, because the third interval without a word ends when the collector's own third beat is on its way.
        var others = Enumerable.Range(0, 15).Select(i => new SimulatedAgent(collector, $"silent-{i}")).ToArray();
        SimulatedAgent[] all = [agent, .. others];
        foreach (var silent in all) silent.Beats = false;
        await Task.WhenAll(all.Select(a => a.ConnectAsync()));
        await TestCollector.EventuallyAsync(() => Task.FromResult(all.All(a => a.Ended is not null)), "the collector ends the streams");
        Assert.All(all, a => Assert.Equal(StatusCode.DeadlineExceeded, a.Ended!.Value.StatusCode));
        foreach (var other in others) await other.DisposeAsync();
        await agent.DisconnectAsync();
        agent.Beats = true;
        await agent.ConnectAsync();
        Assert.True((await DeviceAsync()).Online);
    }

    [Fact]
    public async Task A_device_with_another_fingerprint_gets_no_runs_until_it_is_adopted()
    {
        await agent.ConnectAsync();
        await agent.DisconnectAsync();
        await TestCollector.EventuallyAsync(async () => !(await DeviceAsync()).Online, "the device is offline");
        agent.Fingerprint["dmi_uuid"] = "2";
        await agent.ConnectAsync();
        Assert.True((await DeviceAsync()).Quarantined);
        var sweep = await collector.Fleet.CreateSweepAsync(new CreateSweepRequest { Document = "models: tiny-ssm\ncontext: 64\nrepeats: 1" });
        await Task.Delay(700, TestContext.Current.CancellationToken);
        Assert.Empty(agent.Assignments);
        await collector.Fleet.AdoptDeviceAsync(new AdoptDeviceRequest { DeviceId = agent.DeviceId });
        Assert.Equal(1u, (await collector.EndedAsync(sweep.SweepId)).Counts.Completed);
    }

    [Fact]
    public async Task A_schedule_fires_once_and_its_run_ids_are_those_that_the_device_computes()
    {
        await agent.ConnectAsync();
        var created = await collector.Fleet.CreateScheduleAsync(new CreateScheduleRequest { Name = "nightly", Cron = "0 2 * * *", Zone = "Europe/Zurich", Document = "models: tiny-ssm\ncontext: 64,128\nrepeats: 2" });
        await TestCollector.EventuallyAsync(() => Task.FromResult(!agent.Offers.IsEmpty && agent.Offers.Last().Schedules.Schedules.Count == 1), "the device has the schedule");
        var offer = agent.Offers.Last().Schedules.Schedules.Single();
        Assert.Equal(2, offer.Scenarios.Count);

        // The occasion comes now.
        var due = DateTimeOffset.UtcNow.AddSeconds(-1);
        due = due.AddTicks(-(due.Ticks % TimeSpan.TicksPerSecond));
        await collector.Host.Services.GetRequiredService<Database>().WriteAsync(sql => sql.Run("UPDATE schedule SET next_fire_ns = $0", due.ToUnixNanoseconds()));
        await TestCollector.EventuallyAsync(async () => (await collector.Fleet.GetScheduleAsync(new GetScheduleRequest { ScheduleId = "nightly" })).LastSweepId.Length > 0, "the schedule fires");
        await collector.Host.Services.GetRequiredService<Scheduler>().FireDueAsync();
        var fired = await collector.Fleet.GetScheduleAsync(new GetScheduleRequest { ScheduleId = created.ScheduleId });
        Assert.Equal(created.NextFireUnixNs, fired.NextFireUnixNs);
        var ended = await collector.EndedAsync(fired.LastSweepId);
        Assert.Equal(4u, ended.Counts.Completed);
        Assert.Single((await collector.Fleet.ListSweepsAsync(new ListSweepsRequest { ScheduleId = created.ScheduleId })).Sweeps);

        var offline = from scenario in offer.Scenarios
                      from repeat in Enumerable.Range(0, (int)offer.Repeats)
                      select RunId.Compute(offer.ScheduleId, due, agent.DeviceId, ScenarioHash.Of(scenario.ToMeasured()), repeat).ToString("D");
        Assert.Equal(offline.Order(), (await collector.Fleet.ListRunsAsync(new ListRunsRequest { SweepId = fired.LastSweepId })).Runs.Select(r => r.RunId).Order());
    }

    [Fact]
    public async Task What_a_device_measured_offline_is_taken_by_its_origin()
    {
        await agent.ConnectAsync();
        await collector.Fleet.CreateScheduleAsync(new CreateScheduleRequest { Name = "nightly", Cron = "0 2 * * *", Document = "models: tiny-ssm\ncontext: 64\nrepeats: 1" });
        await TestCollector.EventuallyAsync(() => Task.FromResult(!agent.Offers.IsEmpty && agent.Offers.Last().Schedules.Schedules.Count == 1), "the device has the schedule");
        var offer = agent.Offers.Last().Schedules.Schedules.Single();
        var fire = new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.Zero);
        var origin = new RunOrigin { ScheduleId = offer.ScheduleId, FireUnixNs = fire.ToUnixNanoseconds() };
        var run = new WorkerRun
        {
            RunId = RunId.Compute(offer.ScheduleId, fire, agent.DeviceId, ScenarioHash.Of(offer.Scenarios[0].ToMeasured()), 0).ToString("D"), Attempt = 1, Scenario = offer.Scenarios[0],
        };
        Assert.Equal(TraceDisposition.Accepted, (await agent.UploadAsync(Simulation.Traces.Completed(run), origin)).Disposition);
        var stored = await collector.Fleet.GetRunAsync(new GetRunRequest { RunId = run.RunId });
        Assert.Equal(Outcome.Completed, stored.End.Outcome);
        var sweep = await collector.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = stored.SweepId });
        Assert.Equal((offer.ScheduleId, SweepState.Finished), (sweep.ScheduleId, sweep.State));
        Assert.StartsWith("run_unknown", (await agent.UploadAsync(Simulation.Traces.Completed(new WorkerRun(run) { RunId = Guid.NewGuid().ToString("D") }), origin)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_collectors_on_one_host_do_not_meet_and_one_directory_has_one_collector()
    {
        await using var other = await TestCollector.StartAsync();
        await agent.ConnectAsync();
        Assert.Empty((await other.Fleet.ListDevicesAsync(new ListDevicesRequest())).Devices);
        Assert.NotEqual(collector.Host.Join.Fingerprint, other.Host.Join.Fingerprint);
        var error = await Assert.ThrowsAsync<StorageException>(() => CollectorHost.StartAsync(collector.Options, quiet: true));
        Assert.Contains("Another collector uses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_port_serves_json_health_metrics_and_reflection()
    {
        await agent.ConnectAsync();
        using var http = collector.Http(collector.Host.Operator.Token);
        var devices = await http.GetStringAsync(new Uri("/v1/devices", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains(agent.DeviceId, devices, StringComparison.Ordinal);
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Contains("edgefleet_device_up", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var health = await new Grpc.Health.V1.Health.HealthClient(collector.Channel(collector.Host.Operator)).CheckAsync(new Grpc.Health.V1.HealthCheckRequest());
        Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        using var content = new StringContent("""{"document":"models: tiny-ssm\ncontext: 64\nrepeats: 1"}""", System.Text.Encoding.UTF8, "application/json");
        using var plan = await http.PostAsync(new Uri("/v1/sweeps:plan", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Contains("\"runs\":\"1\"", (await plan.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_is_registered_uploaded_and_downloaded_in_pieces()
    {
        var random = new byte[700_000];
        new Random(3).NextBytes(random);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(random));
        var manifest = ManifestFixture.With(hash, random.Length);
        var operators = collector.OperatorArtifacts;
        var status = await operators.RegisterAsync(new RegisterArtifactRequest { ManifestJson = ByteString.CopyFrom(manifest) });
        Assert.False(status.Complete);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await collector.Fleet.PlanSweepAsync(new CreateSweepRequest { Document = $"models: {status.ArtifactId}\ncontext: 64" }))).StatusCode);
        using (var upload = operators.Upload())
        {
            await upload.RequestStream.WriteAsync(new UploadFileChunk { Sha256 = hash, Data = ByteString.CopyFrom(random, 0, 400_000) });
            await upload.RequestStream.CompleteAsync();
            Assert.False(await upload.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        using (var upload = operators.Upload())
        {
            await upload.RequestStream.WriteAsync(new UploadFileChunk { Sha256 = hash });
        }

        using (var upload = operators.Upload())
        {
            await TestCollector.EventuallyAsync(() => Task.FromResult(!IsOpen(Path.Combine(collector.Options.DataDirectory, "incoming", hash + ".file"))), "the part is closed");
            await upload.RequestStream.WriteAsync(new UploadFileChunk { Sha256 = hash, OffsetBytes = 400_000, Data = ByteString.CopyFrom(random, 400_000, 300_000) });
            Assert.True(await upload.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.True(upload.ResponseStream.Current.Complete);
        }

        var agents = new Protos.V1.Artifacts.ArtifactsClient(collector.Channel(collector.Host.Join));
        Assert.True((await agents.StatAsync(new StatArtifactRequest { ArtifactId = status.ArtifactId })).Complete);
        using var download = agents.Download(new DownloadFileRequest { Sha256 = hash, OffsetBytes = 123 });
        using var bytes = new MemoryStream();
        await foreach (var chunk in download.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) chunk.Data.WriteTo(bytes);
        Assert.Equal(random[123..], bytes.ToArray());
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await agents.RegisterAsync(new RegisterArtifactRequest { ManifestJson = ByteString.CopyFrom(manifest) }))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await operators.RegisterAsync(new RegisterArtifactRequest { ManifestJson = ByteString.CopyFromUtf8("{}") }))).StatusCode);
    }

    private static bool IsOpen(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
