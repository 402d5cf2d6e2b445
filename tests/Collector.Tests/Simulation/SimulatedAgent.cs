using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeFleet.Collector.Tests.Simulation;

/// <summary>An agent's side of the contract over a real connection, with made-up measurements.</summary>
internal sealed class SimulatedAgent : IAsyncDisposable
{
    private readonly TestCollector collector;
    private readonly string spoolId = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, Assignment> held = new();
    private readonly Channel<CollectorMessage> received = Channel.CreateUnbounded<CollectorMessage>();
    private AsyncDuplexStreamingCall<AgentMessage, CollectorMessage>? call;
    private readonly SemaphoreSlim writing = new(1);
    private CancellationTokenSource alive = new();
    private Task reading = Task.CompletedTask;
    private Task beating = Task.CompletedTask;
    private ulong sequence;
    private ulong acknowledged;
    private ulong peerSequence;
    private long peerReceivedNs;

    public SimulatedAgent(TestCollector collector, string name)
    {
        this.collector = collector;
        DeviceId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        Labels["name"] = name;
    }

    public string DeviceId { get; }

    public Dictionary<string, string> Labels { get; } = [];

    public Dictionary<string, string> Fingerprint { get; } = new() { ["dmi_uuid"] = "1" };

    public List<RunClaim> Claims { get; } = [];

    public Dictionary<string, double> Gauges { get; } = new() { ["power_watts/VDD_IN"] = 5.5, ["temperature_celsius/cpu"] = 50, ["throttled/cpu"] = 0, ["strange"] = 1 };

    public TimeSpan ClockError { get; set; }

    public ConcurrentQueue<Assignment> Assignments { get; } = new();

    public ConcurrentQueue<CancelRun> Cancels { get; } = new();

    public ConcurrentQueue<ConfigurationOffer> Offers { get; } = new();

    public ConcurrentQueue<Drain> Drains { get; } = new();

    /// <summary>What becomes of an assignment; null keeps it without a trace.</summary>
    public Func<Assignment, Trace?> Perform { get; set; } = assignment => Traces.Completed(assignment);

    public Func<Assignment, AssignmentReply>? Reply { get; set; }

    public Welcome? Welcome { get; private set; }

    public Status? Ended { get; private set; }

    public bool Beats { get; set; } = true;

    public ulong SpoolBytes { get; set; }

    public ulong Dropped { get; set; }

    public async Task ConnectAsync()
    {
        alive = new CancellationTokenSource();
        Ended = null;
        call = new AgentLink.AgentLinkClient(collector.Channel(collector.Host.Join)).Connect();
        var hello = new Hello
        {
            DeviceId = DeviceId, ProtocolVersion = "1.0", AgentVersion = "0.1.0", SpoolId = spoolId, WallUnixNs = Now(),
            Spool = Level(),
            Capabilities = { new Capability { Provider = Provider.Cpu, Available = true, RuntimePackIds = { "bundled-1" } }, new Capability { Provider = Provider.Cuda, Reason = "no GPU" } },
            Inventory = { ["hardware_class"] = "test-board", ["driver"] = "1" },
        };
        hello.Labels.Add(Labels);
        hello.HardwareFingerprint.Add(Fingerprint);
        hello.Runs.Add(Claims);
        hello.Runs.Add(held.Values.Select(a => new RunClaim { RunId = a.Run.RunId, Attempt = a.Run.Attempt, State = "running", Origin = a.Origin }));
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = hello });
        var welcomed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reading = ReadAsync(call, welcomed);
        beating = BeatAsync(call, alive.Token);
        await welcomed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async Task DisconnectAsync()
    {
        if (call is null) return;
        await alive.CancelAsync();
        call.Dispose();
        await Task.WhenAll(reading, beating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        call = null;
    }

    public async Task<TraceAck> UploadAsync(Trace trace, RunOrigin? origin, Action<TraceHeader>? change = null, TraceEncoding encoding = TraceEncoding.Zstd)
    {
        var bytes = Traces.Encode(trace, encoding);
        var header = Traces.Header(this, trace, origin, bytes, encoding);
        change?.Invoke(header);
        using var upload = new Protos.V1.Traces.TracesClient(collector.Channel(collector.Host.Join)).Upload();
        var number = Interlocked.Increment(ref sequence);
        await upload.RequestStream.WriteAsync(new TraceChunk { SpoolSequence = number, Header = header, Data = ByteString.CopyFrom(bytes) });
        await upload.RequestStream.CompleteAsync();
        TraceAck? last = null;
        await foreach (var ack in upload.ResponseStream.ReadAllAsync()) last = ack;
        if (last!.State == TraceState.Stored) Interlocked.Increment(ref acknowledged);
        return last;
    }

    /// <summary>Identity of its spool.</summary>
    public string SpoolId => spoolId;

    public async Task FinishAsync(Assignment assignment, Trace trace)
    {
        var ack = await UploadAsync(trace, assignment.Origin);
        if (ack.State != TraceState.Stored) throw new InvalidOperationException($"refused: {ack.Reason}");
        held.TryRemove(assignment.Run.RunId, out _);
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        alive.Dispose();
        writing.Dispose();
    }

    private SpoolLevel Level() => new()
    {
        Produced = sequence + Dropped, Acknowledged = acknowledged, Spooled = sequence - acknowledged, Bytes = SpoolBytes, BoundBytes = 1 << 20, Dropped = { ["full"] = Dropped },
    };

    private long Now() => (DateTimeOffset.UtcNow + ClockError - DateTimeOffset.UnixEpoch).Ticks * 100;

    private async Task ReadAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, TaskCompletionSource welcomed)
    {
        try
        {
            await foreach (var message in stream.ResponseStream.ReadAllAsync())
            {
                switch (message.MessageCase)
                {
                    case CollectorMessage.MessageOneofCase.Welcome:
                        Welcome = message.Welcome;
                        welcomed.TrySetResult();
                        break;
                    case CollectorMessage.MessageOneofCase.Heartbeat:
                        peerReceivedNs = Now();
                        peerSequence = message.Heartbeat.Sequence;
                        break;
                    case CollectorMessage.MessageOneofCase.Assignment:
                        await TakeAsync(stream, message.Assignment);
                        break;
                    case CollectorMessage.MessageOneofCase.Cancel:
                        Cancels.Enqueue(message.Cancel);
                        break;
                    case CollectorMessage.MessageOneofCase.Drain:
                        Drains.Enqueue(message.Drain);
                        break;
                    case CollectorMessage.MessageOneofCase.Configuration:
                        Offers.Enqueue(message.Configuration);
                        break;
                }

                await received.Writer.WriteAsync(message);
            }

            Ended = Status.DefaultSuccess;
        }
        catch (RpcException error)
        {
            Ended = error.Status;
            welcomed.TrySetException(error);
        }
    }

    private async Task TakeAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, Assignment assignment)
    {
        Assignments.Enqueue(assignment);
        var reply = Reply?.Invoke(assignment) ?? new AssignmentReply { RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, Accepted = true };
        await WriteAsync(stream, new AgentMessage { AssignmentReply = reply });
        if (!reply.Accepted) return;
        held[assignment.Run.RunId] = assignment;
        await WriteAsync(stream, new AgentMessage
        {
            Progress = new RunProgress { RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, Progress = new WorkerProgress { Phase = "prefill", Done = 1, Total = 3 } },
        });
        if (Perform(assignment) is { } trace) _ = FinishAsync(assignment, trace);
    }

    private async Task BeatAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, CancellationToken cancellation)
    {
        for (ulong beat = 1; ; beat++)
        {
            await Task.Delay(100, cancellation);
            if (!Beats) continue;
            var heartbeat = new Heartbeat { Sequence = beat, WallUnixNs = Now(), Spool = Level(), PeerSequence = peerSequence, PeerReceivedUnixNs = peerReceivedNs };
            heartbeat.Gauges.Add(Gauges);
            await WriteAsync(stream, new AgentMessage { Heartbeat = heartbeat });
        }
    }

    private async Task WriteAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, AgentMessage message)
    {
        await writing.WaitAsync();
        try
        {
            await stream.RequestStream.WriteAsync(message);
        }
        finally
        {
            writing.Release();
        }
    }
}
