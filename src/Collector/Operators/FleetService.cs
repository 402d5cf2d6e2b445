using System.Globalization;
using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Ingest;
using EdgeFleet.Collector.Schedules;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace EdgeFleet.Collector.Operators;

/// <summary>What operators use.</summary>
[Authorize(Roles = TokenAuthentication.Operator)]
internal sealed class FleetService(
    Database database, TraceSegments segments, DataDirectory data, DeviceStore devices, DeviceTable table, ModelRegistry models, SweepStore sweeps, RunStore runs,
    SweepLauncher launcher, ScheduleStore schedules, IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider time) : Fleet.FleetBase
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;
    private const int ShortestPrefix = 6;
    private const int MostLabels = 32;
    private const int LongestReason = 200;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(1);
    private readonly long startedNs = time.UnixNanoseconds();

    /// <inheritdoc/>
    public override Task<CollectorStatus> GetStatus(GetStatusRequest request, ServerCallContext context) => Task.FromResult(database.Read(sql => new CollectorStatus
    {
        CollectorId = data.CollectorId,
        Version = typeof(FleetService).Assembly.GetName().Version?.ToString(3) ?? "",
        ProtocolVersion = "1.0",
        StartedUnixNs = startedNs,
        Devices = (uint)sql.Number("SELECT COUNT(*) FROM device"),
        DevicesOnline = (uint)table.All.Count(d => d.Online),
        Traces = (ulong)sql.Number("SELECT COUNT(*) FROM trace"),
        TraceBytes = (ulong)segments.TotalBytes,
        DatabaseBytes = (ulong)new FileInfo(database.Path).Length,
        Conflicts = (ulong)sql.Number("SELECT COUNT(*) FROM trace WHERE disposition = $0", TraceDisposition.Conflict),
    }));

    /// <inheritdoc/>
    public override Task<ListDevicesResponse> ListDevices(ListDevicesRequest request, ServerCallContext context)
    {
        LabelSelector selector;
        try
        {
            selector = LabelSelector.Parse(request.Selector);
        }
        catch (FormatException error)
        {
            throw RequestException.Invalid("selector", error.Message);
        }

        var size = PageSize(request.PageSize);
        List<DeviceRow> found = [.. devices.All().Where(d => string.CompareOrdinal(d.DeviceId, request.PageToken) > 0 && selector.Matches(d.DeviceId, d.Labels)).Take(size + 1)];
        var response = new ListDevicesResponse { NextPageToken = found.Count > size ? found[size - 1].DeviceId : "" };
        response.Devices.Add(found.Take(size).Select(Describe));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<Device> GetDevice(GetDeviceRequest request, ServerCallContext context) => Task.FromResult(Describe(FindDevice(request.DeviceId)));

    /// <inheritdoc/>
    public override async Task<Device> SetDeviceLabels(SetDeviceLabelsRequest request, ServerCallContext context)
    {
        var device = FindDevice(request.DeviceId);
        if (request.Labels.Count > MostLabels) throw RequestException.Invalid("labels", $"has {request.Labels.Count} entries; at most {MostLabels} are allowed");
        foreach (var (key, value) in request.Labels)
        {
            if (LabelRules.Problem(key, value) is { } problem) throw RequestException.Invalid("labels", problem);
        }

        await devices.LabelAsync(device.DeviceId, request.Labels);
        await grains.GetGrain<IDeviceGrain>(device.DeviceId).OfferConfiguration();
        return Describe(FindDevice(device.DeviceId));
    }

    /// <inheritdoc/>
    public override async Task<Device> DrainDevice(DrainDeviceRequest request, ServerCallContext context)
    {
        var device = FindDevice(request.DeviceId);
        if (request.Reason.Length > LongestReason || request.Reason.Any(char.IsControl)) throw RequestException.Invalid("reason", $"has more than {LongestReason} characters, or control characters");
        if (!await grains.GetGrain<IDeviceGrain>(device.DeviceId).Drain(request.Reason)) throw RequestException.Precondition($"Device {device.DeviceId} is not connected; there is no agent to ask.");
        return Describe(FindDevice(device.DeviceId));
    }

    /// <inheritdoc/>
    public override async Task<Device> AdoptDevice(AdoptDeviceRequest request, ServerCallContext context)
    {
        var device = FindDevice(request.DeviceId);
        await devices.AdoptAsync(device.DeviceId);
        await grains.GetGrain<IDeviceGrain>(device.DeviceId).Adopted();
        return Describe(FindDevice(device.DeviceId));
    }

    /// <inheritdoc/>
    public override async Task<ForgetDeviceResponse> ForgetDevice(ForgetDeviceRequest request, ServerCallContext context)
    {
        var device = FindDevice(request.DeviceId);
        if (await grains.GetGrain<IDeviceGrain>(device.DeviceId).IsOnline()) throw RequestException.Precondition($"Device {device.DeviceId} is connected; stop its agent first.");
        foreach (var sweep in await devices.ForgetAsync(device.DeviceId))
        {
            await database.WriteAsync(sql => SweepStore.Settle(sql, sweep, time.UnixNanoseconds()));
            await grains.GetGrain<ISweepGrain>(sweep).Changed();
        }

        table.Remove(device.DeviceId);
        return new ForgetDeviceResponse();
    }

    /// <inheritdoc/>
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        response.Models.Add(models.All().Select(m => new Model
        {
            Name = m.Name,
            Family = m.Family,
            Source = m.ArtifactId.Length > 0 ? "artifact" : "catalogue",
            Parameters = (ulong)m.Parameters,
            ArtifactId = m.ArtifactId,
            Target = m.Target,
            Precision = m.Precision,
            SizeBytes = (ulong)m.SizeBytes,
            Complete = m.Complete,
            Description = m.Description,
        }));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<SweepPlan> PlanSweep(CreateSweepRequest request, ServerCallContext context) => Task.FromResult(launcher.Plan(Definition(request), request.MaxRuns));

    /// <inheritdoc/>
    public override async Task<Sweep> CreateSweep(CreateSweepRequest request, ServerCallContext context) => FindSweep(await launcher.LaunchAsync(Definition(request), request.MaxRuns));

    /// <inheritdoc/>
    public override Task<ListSweepsResponse> ListSweeps(ListSweepsRequest request, ServerCallContext context)
    {
        var size = PageSize(request.PageSize);
        var before = request.PageToken.Length == 0 ? long.MaxValue : NumberToken(request.PageToken);
        var found = sweeps.List(request.State, request.ScheduleId, before, size + 1);
        var response = new ListSweepsResponse { NextPageToken = found.Count > size ? found[size - 1].Number.ToString(CultureInfo.InvariantCulture) : "" };
        response.Sweeps.Add(found.Take(size).Select(s => s.Sweep));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<Sweep> GetSweep(GetSweepRequest request, ServerCallContext context) => Task.FromResult(FindSweep(request.SweepId));

    /// <inheritdoc/>
    public override async Task WatchSweep(WatchSweepRequest request, IServerStreamWriter<SweepUpdate> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var id = FindSweep(request.SweepId).SweepId;
        SweepUpdate? sent = null;
        while (!ended.IsCancellationRequested)
        {
            var update = new SweepUpdate { Sweep = FindSweep(id) };
            update.Active.Add(runs.Issued(id).Select(r => new ActiveRun { RunId = r.RunId, DeviceId = r.DeviceId, Scenario = r.Scenario, Repeat = r.Repeat, Progress = Progress(r.DeviceId) }));
            if (!update.Equals(sent)) await responseStream.WriteAsync(update, ended.Token);
            sent = update;
            if (update.Sweep.State is not (SweepState.Running or SweepState.Paused) && update.Active.Count == 0) return;
            await Task.Delay(WatchInterval, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public override Task<Sweep> PauseSweep(PauseSweepRequest request, ServerCallContext context) => sweeps.PauseAsync(FindSweep(request.SweepId).SweepId, paused: true);

    /// <inheritdoc/>
    public override async Task<Sweep> ResumeSweep(ResumeSweepRequest request, ServerCallContext context)
    {
        var sweep = await sweeps.PauseAsync(FindSweep(request.SweepId).SweepId, paused: false);
        await grains.GetGrain<ISweepGrain>(sweep.SweepId).WakeDevices();
        return sweep;
    }

    /// <inheritdoc/>
    public override async Task<Sweep> CancelSweep(CancelSweepRequest request, ServerCallContext context)
    {
        var sweep = FindSweep(request.SweepId);
        if (sweep.State is not (SweepState.Running or SweepState.Paused)) throw RequestException.Precondition($"Sweep {sweep.SweepId} has ended.");
        await grains.GetGrain<ISweepGrain>(sweep.SweepId).Cancel(request.Reason.Length > 500 ? request.Reason[..500] : request.Reason);
        return FindSweep(sweep.SweepId);
    }

    /// <inheritdoc/>
    public override async Task<Schedule> CreateSchedule(CreateScheduleRequest request, ServerCallContext context)
    {
        if (request.Name.Length is 0 or > 100 || request.Name.Any(char.IsControl)) throw RequestException.Invalid("name", "must have 1 to 100 printable characters");
        if (request.Misfire > MisfirePolicy.RunOnce) throw RequestException.Invalid("misfire", $"{(int)request.Misfire} is not a value that this collector knows");
        var zone = request.Zone.Length == 0 ? "UTC" : request.Zone;
        var next = ReadTimetable(request.Cron, zone).After(time.GetUtcNow()) ?? throw RequestException.Invalid("cron", $"'{request.Cron}' never comes");
        var definition = SweepRules.Complete(request.SourceCase switch
        {
            CreateScheduleRequest.SourceOneofCase.Definition => request.Definition,
            CreateScheduleRequest.SourceOneofCase.Document => SweepDocument.Parse(request.Document),
            _ => throw RequestException.Invalid("source", "a definition or a document is missing"),
        });
        _ = models.Resolve(definition.Models);
        SweepPlanner.Bound(definition, 1, 10_000);
        if (definition.Name.Length == 0) definition.Name = request.Name;
        var grace = request.MisfireGraceNs == 0 ? DefaultGrace.Nanoseconds() : request.MisfireGraceNs;
        if (grace < 0 || grace > TimeSpan.FromDays(7).Nanoseconds()) throw RequestException.Invalid("misfire_grace_ns", "must be 0 to 7 days");
        var schedule = new Schedule
        {
            ScheduleId = Guid.NewGuid().ToString("D"), Name = request.Name, Cron = request.Cron, Zone = zone,
            Misfire = request.Misfire == MisfirePolicy.Unspecified ? MisfirePolicy.Skip : request.Misfire, MisfireGraceNs = grace, Definition = definition, NextFireUnixNs = next.ToUnixNanoseconds(),
        };
        await schedules.AddAsync(schedule);
        await OfferAllAsync();
        return FindSchedule(schedule.ScheduleId);
    }

    /// <inheritdoc/>
    public override Task<ListSchedulesResponse> ListSchedules(ListSchedulesRequest request, ServerCallContext context)
    {
        var response = new ListSchedulesResponse();
        response.Schedules.Add(schedules.All());
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<Schedule> GetSchedule(GetScheduleRequest request, ServerCallContext context) => Task.FromResult(FindSchedule(request.ScheduleId));

    /// <inheritdoc/>
    public override async Task<Schedule> SetSchedulePaused(SetSchedulePausedRequest request, ServerCallContext context)
    {
        var schedule = FindSchedule(request.ScheduleId);
        var next = new Timetable(schedule.Cron, schedule.Zone).After(time.GetUtcNow());
        await schedules.PauseAsync(schedule.ScheduleId, request.Paused, next?.ToUnixNanoseconds() ?? 0);
        await OfferAllAsync();
        return FindSchedule(schedule.ScheduleId);
    }

    /// <inheritdoc/>
    public override async Task<DeleteScheduleResponse> DeleteSchedule(DeleteScheduleRequest request, ServerCallContext context)
    {
        await schedules.RemoveAsync(FindSchedule(request.ScheduleId).ScheduleId);
        await OfferAllAsync();
        return new DeleteScheduleResponse();
    }

    /// <inheritdoc/>
    public override Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context)
    {
        var size = PageSize(request.PageSize);
        var query = request.Clone();
        if (query.SweepId.Length > 0) query.SweepId = FindSweep(query.SweepId).SweepId;
        if (query.DeviceId.Length > 0) query.DeviceId = Whole("device", query.DeviceId, prefix => devices.WithPrefix(prefix) is { Count: > 0 } known ? known : runs.DevicesWithPrefix(prefix));
        var found = runs.List(query, RunToken(request.PageToken), size + 1);
        var response = new ListRunsResponse();
        if (found.Count > size)
        {
            var (last, ordinal) = found[size - 1];
            response.NextPageToken = string.Create(CultureInfo.InvariantCulture, $"{last.SweepId}/{last.DeviceId}/{ordinal}");
        }

        response.Runs.Add(found.Take(size).Select(r => r.Run));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<Run> GetRun(GetRunRequest request, ServerCallContext context) => Task.FromResult(FindRun(request.RunId));

    /// <inheritdoc/>
    public override Task<Trace> GetRunTrace(GetRunTraceRequest request, ServerCallContext context)
    {
        var run = FindRun(request.RunId);
        var source = run.ReusedRunId.Length > 0 ? run.ReusedRunId : run.RunId;
        var row = database.Read(sql => sql.First(
            r => new StoredTrace(
                r.GetInt64(0), r.GetInt64(1), (int)r.GetInt64(2),
                new TraceHeader { Sha256 = r.GetString(3), Encoding = (TraceEncoding)r.GetInt64(4), DecodedBytes = (ulong)r.GetInt64(5) }),
            "SELECT segment, segment_offset, encoded_bytes, sha256, encoding, decoded_bytes FROM trace WHERE trace_id = (SELECT trace_id FROM run WHERE run_id = $0)", source))
            ?? throw RequestException.NotFound($"Run {run.RunId} has no trace{(run.State == RunState.Ended ? " (any more)" : " yet")}.");
        var (trace, _, problem) = TraceIngest.Decode(row.Header, segments.Read(row.Segment, row.Offset, row.Bytes), withBulk: true);
        return Task.FromResult(trace ?? throw new IOException($"The trace of run {run.RunId} is damaged on disk: {problem}."));
    }

    /// <inheritdoc/>
    public override Task<CompareResponse> Compare(CompareRequest request, ServerCallContext context)
    {
        if (request.Metric is not ("" or "ttft" or "tpot" or "peak_memory")) throw RequestException.Invalid("metric", $"'{request.Metric}' is none of ttft, tpot, peak_memory");
        return Task.FromResult(SweepComparison.Of(
            runs.Completed(FindSweep(request.BaselineSweepId).SweepId), runs.Completed(FindSweep(request.CandidateSweepId).SweepId), request.Metric.Length == 0 ? "ttft" : request.Metric));
    }

    // What a device did last says nothing of one that has gone since.
    private WorkerProgress? Progress(string deviceId) => table.Find(deviceId) is { Online: true } device ? device.Progress : new WorkerProgress { Phase = "offline" };

    private Device Describe(DeviceRow row)
    {
        var status = table.Find(row.DeviceId);
        var device = new Device
        {
            DeviceId = row.DeviceId,
            Online = status?.Online ?? false,
            FirstSeenUnixNs = row.FirstSeenNs,
            LastSeenUnixNs = Math.Max(row.LastSeenNs, status?.LastSeenNs ?? 0),
            AgentVersion = row.Hello.AgentVersion,
            Spool = status?.Spool ?? row.Hello.Spool,
            CurrentRunId = status?.RunId ?? "",
            Progress = status?.Progress,
            QueuedRuns = runs.Queued(row.DeviceId),
            ClockOffsetNs = status?.Clock?.OffsetNs ?? 0,
            ClockErrorNs = status?.Clock?.ErrorNs ?? 0,
            Quarantined = row.Quarantined,
            Draining = status?.Draining ?? false,
        };
        device.Labels.Add(row.Labels);
        device.OperatorLabels.Add(row.OperatorLabels);
        device.Inventory.Add(row.Hello.Inventory);
        device.HardwareFingerprint.Add(row.Hello.HardwareFingerprint);
        device.Capabilities.Add(row.Hello.Capabilities);
        if (status is not null) device.Gauges.Add(status.Gauges);
        return device;
    }

    private async Task OfferAllAsync()
    {
        foreach (var device in table.All.Where(d => d.Online)) await grains.GetGrain<IDeviceGrain>(device.DeviceId).OfferConfiguration();
    }

    private static SweepDefinition Definition(CreateSweepRequest request) => request.SourceCase switch
    {
        CreateSweepRequest.SourceOneofCase.Definition => request.Definition,
        CreateSweepRequest.SourceOneofCase.Document => SweepDocument.Parse(request.Document),
        _ => throw RequestException.Invalid("source", "a definition or a document is missing"),
    };

    private DeviceRow FindDevice(string id) => devices.Find(Whole("device", id, devices.WithPrefix)) ?? throw RequestException.NotFound($"There is no device {id}.");

    private Sweep FindSweep(string id) => sweeps.Find(Whole("sweep", id, sweeps.WithPrefix)) ?? throw RequestException.NotFound($"There is no sweep {id}.");

    private Run FindRun(string id) => runs.Find(Whole("run", id, runs.WithPrefix)) ?? throw RequestException.NotFound($"There is no run {id}.");

    private Schedule FindSchedule(string id) => schedules.Find(id) ?? throw RequestException.NotFound($"There is no schedule {id}.");

    private static string Whole(string what, string id, Func<string, List<string>> withPrefix)
    {
        if (id.Length < ShortestPrefix || !id.All(c => char.IsAsciiHexDigitLower(c) || c == '-')) throw RequestException.Invalid(what + "_id", $"'{id}' is not an id, nor the first {ShortestPrefix} characters of one");
        return withPrefix(id) switch
        {
            [var only] => only,
            [] => throw RequestException.NotFound($"There is no {what} {id}."),
            _ => throw RequestException.Invalid(what + "_id", $"'{id}' stands for more than one {what}; write more of it"),
        };
    }

    private static int PageSize(uint size) => size switch
    {
        0 => DefaultPage,
        <= LargestPage => (int)size,
        _ => throw RequestException.Invalid("page_size", $"{size} is more than {LargestPage}"),
    };

    private static long NumberToken(string token) =>
        long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw RequestException.Invalid("page_token", "is not from an answer before");

    private static (string Sweep, string Device, long Ordinal) RunToken(string token) =>
        token.Length == 0 ? ("", "", -1) : token.Split('/') is [var sweep, var device, var ordinal] ? (sweep, device, NumberToken(ordinal)) : throw RequestException.Invalid("page_token", "is not from an answer before");

    private static Timetable ReadTimetable(string cron, string zone)
    {
        try
        {
            return new Timetable(cron, zone);
        }
        catch (TimetableException error)
        {
            throw RequestException.Invalid(error.Field, error.Message);
        }
    }

    private sealed record StoredTrace(long Segment, long Offset, int Bytes, TraceHeader Header);
}
