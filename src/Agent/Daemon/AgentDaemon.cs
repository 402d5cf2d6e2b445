using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Assignments;
using EdgeFleet.Agent.Delivery;
using EdgeFleet.Agent.Identity;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Probes;
using EdgeFleet.Agent.Schedules;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Protos.V1;
using Serilog;
using Environment = System.Environment;

namespace EdgeFleet.Agent.Daemon;

/// <summary>
/// The agent: keeps the link, performs one run at a time, delivers traces, fires schedules while the collector is away. All that must survive a crash is in
/// its state directory before it is acted on.
/// </summary>
internal sealed class AgentDaemon : ILinkPeer, IDisposable
{
    private const string Protocol = "1.0";
    private const int MostClaims = 10_000;
    private const int MostLabels = 64;
    private static readonly TimeSpan LastDelivery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfterDiskError = TimeSpan.FromSeconds(30);

    private readonly AgentOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly StateDirectory state;
    private readonly AgentIdentity identity;
    private readonly TraceOutbox outbox;
    private readonly AssignmentDesk desk;
    private readonly ConfigurationStore configuration;
    private readonly MachineProbes probes;
    private readonly CollectorLink link;
    private readonly RunPerformer performer;
    private readonly RunObserver observer;
    private readonly SensorGauges gauges;
    private readonly CancellationTokenSource farewell = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly TaskCompletionSource<TimeSpan> drain = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opens the state and recovers what a crash left.</summary>
    /// <exception cref="IOException">The state directory is in use or unusable.</exception>
    /// <exception cref="InvalidDataException">The device's key is damaged.</exception>
    public AgentDaemon(AgentOptions options, TimeProvider time, ILogger log)
    {
        this.options = options;
        this.time = time;
        this.log = log;
        state = new StateDirectory(options.StateDirectory);
        try
        {
            identity = AgentIdentity.Load(state, HardwareFingerprint.Read());
            if (identity.Former is { } former) log.Warning("This state directory came from other hardware, where it was device {Former}: this device gets an identity of its own.", former);
            outbox = OpenOutbox();
            desk = new AssignmentDesk(OpenJournal(), outbox, log);
            desk.RecoverInterrupted();
            configuration = new ConfigurationStore(state.Of($"schedules-{identity.ShortId}"), log);
            probes = new MachineProbes(state.Of("probes"), options.RuntimePacks, options.Worker, log);
            gauges = SensorGauges.OfMachine();
            observer = RunObserver.OfMachine(options.Observation);
            link = new CollectorLink(options.Join, [new MachineGauges(state.Root), gauges], options.Link, time, log);
            var cache = Path.GetFullPath(options.CacheDirectory ?? state.Of("cache"));
            var locator = new ModelLocator(
                ModelCatalogue.BuiltIn, HuggingFaceCache.FromEnvironment(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)));
            performer = new RunPerformer(new FleetArtifacts(cache, options.CacheBytes, locator, time, log), probes, link, options.Worker, observer, identity.DeviceId, time, log);
        }
        catch
        {
            state.Dispose();
            throw;
        }

        desk.Obstacle = probes.Obstacle;
        desk.Lost = reply => link.Send(new AgentMessage { AssignmentReply = reply });
    }

    /// <summary>The device's id.</summary>
    public string DeviceId => identity.DeviceId;

    /// <inheritdoc/>
    public SpoolLevel Level => outbox.Level;

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync()
    {
        log.Information("Device {DeviceId}, agent {Version}, state in {State}.", identity.DeviceId, BuildInformation.Read().Version, state.Root);
        await probes.LoadAsync(stopped.Token);
        var delivery = new TraceDelivery(outbox, link.UpAsync, options.Link, time, log);
        var schedules = new OfflineSchedules(configuration, desk, () => link.IsUp, time, log);
        var linking = link.RunAsync(this, farewell.Token);
        Task[] background = [Guard(delivery.RunAsync(stopped.Token)), Guard(schedules.RunAsync(stopped.Token))];
        var performing = PerformAsync();

        var first = await Task.WhenAny([drain.Task, performing, linking, .. background]);
        if (first != drain.Task) await first;
        await DrainAsync(await drain.Task, performing);
        await stopped.CancelAsync();
        await Task.WhenAll(background);
        await farewell.CancelAsync();
        await linking;
        log.Information("Stopped.");
    }

    /// <summary>Begins to stop: nothing new is taken; the run in progress has some time, after which its worker is ended and its trace spooled.</summary>
    public void Stop(TimeSpan grace, string why)
    {
        if (drain.TrySetResult(grace)) log.Information("Stopping: {Reason}", why);
    }

    /// <inheritdoc/>
    public Hello Greet()
    {
        var hello = new Hello
        {
            DeviceId = identity.DeviceId,
            ProtocolVersion = Protocol,
            AgentVersion = BuildInformation.Read().Version,
            SpoolId = outbox.SpoolId,
            Spool = outbox.Level,
            ConfigurationVersion = configuration.Version,
            WallUnixNs = time.UnixNanoseconds(),
        };
        hello.HardwareFingerprint.Add(identity.Fingerprint);
        foreach (var (name, value) in options.Labels.Take(MostLabels)) hello.Labels[name] = value;
        DeviceInventory.Describe(hello.Inventory);
        hello.Capabilities.Add(probes.Capabilities());
        hello.Runs.Add(desk.Claims(identity.DeviceId, MostClaims));
        return hello;
    }

    /// <inheritdoc/>
    public void Receive(CollectorMessage message)
    {
        switch (message.MessageCase)
        {
            case CollectorMessage.MessageOneofCase.Assignment:
                var reply = desk.Offer(message.Assignment);
                if (!reply.Accepted) log.Information("Run {RunId} attempt {Attempt} is refused: {Reason}.", reply.RunId, reply.Attempt, reply.Reason);
                link.Send(new AgentMessage { AssignmentReply = reply });
                break;
            case CollectorMessage.MessageOneofCase.Cancel:
                log.Information("Run {RunId} is cancelled: {Reason}.", message.Cancel.RunId, message.Cancel.Reason);
                desk.Cancel(message.Cancel, identity.DeviceId);
                break;
            case CollectorMessage.MessageOneofCase.Configuration:
                configuration.Take(message.Configuration);
                break;
            case CollectorMessage.MessageOneofCase.Drain:
                Stop(System.Threading.Timeout.InfiniteTimeSpan, $"the collector asked for it ({message.Drain.Reason}).");
                break;
            default:
                // From a newer collector.
                break;
        }
    }

    /// <inheritdoc/>
    public void Lost(long heardUnixNs, long? offsetNs) => desk.Heard(heardUnixNs, offsetNs);

    public void Dispose()
    {
        desk.Dispose();
        outbox.Dispose();
        state.Dispose();
        farewell.Dispose();
        stopped.Dispose();
        observer.Dispose();
        gauges.Dispose();
    }

    private async Task PerformAsync()
    {
        while (true)
        {
            try
            {
                var open = await desk.NextAsync(identity.DeviceId, CancellationToken.None);
                if (open is null) return;
                desk.Complete(open, await performer.PerformAsync(open));

                // Between runs the agent is idle for long: what building or decoding took goes back to the system.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
            catch (IOException error)
            {
                log.Error("The next run cannot begin: {Problem}", error.Message);
                await Task.Delay(RetryAfterDiskError, time);
            }
        }
    }

    private async Task DrainAsync(TimeSpan grace, Task performing)
    {
        desk.StopTaking();
        if (!performing.IsCompleted && grace != TimeSpan.Zero)
        {
            if (desk.IsBusy) log.Information("The run in progress has {Grace} to end.", grace == System.Threading.Timeout.InfiniteTimeSpan ? "its time" : $"{grace.TotalSeconds:0.#} s");
            await performing.WaitAsync(grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        desk.StopRunning(new RunStop(Outcome.Failed, RunReasons.AgentRestarted, "The agent was stopped while it performed the run."));
        await performing;

        // A last chance to deliver; what is left waits in the spool.
        var until = time.GetTimestamp();
        while (link.IsUp && outbox.Level.Spooled > 0 && time.GetElapsedTime(until) < LastDelivery) await Task.Delay(TimeSpan.FromMilliseconds(50), time);
    }

    private async Task Guard(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The end of the agent.
        }
    }

    private TraceOutbox OpenOutbox()
    {
        var root = state.Of("spool");
        var directory = Path.Combine(root, identity.ShortId);
        Directory.CreateDirectory(directory);
        var idFile = Path.Combine(directory, "spool-id");
        if (!File.Exists(idFile)) DurableFile.WriteRaw(idFile, System.Text.Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
        var settings = options.Spool with { RecordBytes = RunTraces.LargestBytes + TraceOutbox.HeaderRoom };
        var opened = new TraceOutbox(TraceSpool.Open(directory, settings, time), identity.DeviceId, File.ReadAllText(idFile).Trim(), settings.BoundBytes);
        foreach (var other in Directory.EnumerateDirectories(root).Where(path => Path.GetFullPath(path) != Path.GetFullPath(directory)))
        {
            // Traces that this directory's former device measured are still worth delivering; they say who measured them.
            log.Warning("{Count} traces of the former device are taken over from {Spool}.", Carry(other, settings, opened), other);
            Directory.Delete(other, recursive: true);
        }

        return opened;
    }

    private int Carry(string directory, SpoolOptions settings, TraceOutbox into)
    {
        using var former = TraceSpool.Open(directory, settings, time);
        return into.Carry(former);
    }

    private Journal OpenJournal()
    {
        var name = $"journal-{identity.ShortId}";
        foreach (var other in Directory.EnumerateFiles(state.Root, "journal-*").Where(path => !Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal)))
        {
            // The former device answers for its runs itself, wherever it is now.
            File.Delete(other);
        }

        var journal = Journal.Open(state.Of(name), out var damaged);
        if (damaged is not null) log.Error("The journal was damaged and lies in {Path}; the collector gives runs back that nobody claims.", damaged);
        return journal;
    }
}
