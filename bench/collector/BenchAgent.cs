using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Collector.Bench;

/// <summary>An agent's side of the link over a connection of its own: heartbeats, assignments, uploads.</summary>
internal sealed class BenchAgent : IAsyncDisposable
{
    private readonly GrpcChannel channel;
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource alive = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> assigned = new();
    private AsyncDuplexStreamingCall<AgentMessage, CollectorMessage>? call;
    private Task reading = Task.CompletedTask;
    private Task beating = Task.CompletedTask;
    private ulong sequence;
    private ulong acknowledged;
    private ulong peerSequence;
    private long peerReceivedNs;

    public BenchAgent(CollectorAddress join, int index)
    {
        channel = CollectorClient.Open(join);
        Index = index;
        DeviceId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"bench {index}")));
    }

    public int Index { get; }

    public string DeviceId { get; }

    public string SpoolId => DeviceId[..32];

    public async Task ConnectAsync(Random random)
    {
        call = new AgentLink.AgentLinkClient(channel).Connect(cancellationToken: alive.Token);
        await call.RequestStream.WriteAsync(new AgentMessage
        {
            Hello = new Hello
            {
                DeviceId = DeviceId, ProtocolVersion = "1.0", AgentVersion = "bench", SpoolId = SpoolId, WallUnixNs = Now(), Spool = Level(),
                Capabilities = { new Capability { Provider = Provider.Cpu, Available = true, RuntimePackIds = { "bench" } } },
                Inventory = { ["hardware_class"] = $"class-{Index % 10}", ["cpu"] = "bench" },
                Labels = { ["four"] = $"{Index % 4}" },
                HardwareFingerprint = { ["dmi_uuid"] = DeviceId[..16] },
            },
        });
        if (!await call.ResponseStream.MoveNext(alive.Token)) throw new InvalidOperationException("no welcome");
        var interval = TimeSpan.FromTicks(call.ResponseStream.Current.Welcome.HeartbeatIntervalNs / 100);
        reading = ReadAsync(call);
        beating = BeatAsync(call, interval, interval * random.NextDouble());
    }

    /// <summary>Completes when a run was assigned.</summary>
    public Task AssignedAsync(string runId) => assigned.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Uploads one trace.</summary>
    /// <returns>Time to its acknowledgement.</returns>
    public async Task<TimeSpan> UploadAsync(EncodedTrace trace)
    {
        var begin = Stopwatch.GetTimestamp();
        using var upload = new Traces.TracesClient(channel).Upload(cancellationToken: alive.Token);
        var number = Interlocked.Increment(ref sequence);
        foreach (var chunk in trace.Chunks(number)) await upload.RequestStream.WriteAsync(chunk);
        await upload.RequestStream.CompleteAsync();
        TraceAck? last = null;
        await foreach (var ack in upload.ResponseStream.ReadAllAsync(alive.Token)) last = ack;
        if (last is not { State: TraceState.Stored, Disposition: TraceDisposition.Accepted }) throw new InvalidOperationException($"not accepted: {last}");
        Interlocked.Increment(ref acknowledged);
        return Stopwatch.GetElapsedTime(begin);
    }

    public async ValueTask DisposeAsync()
    {
        await alive.CancelAsync();
        await Task.WhenAll(reading, beating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        call?.Dispose();
        channel.Dispose();
        alive.Dispose();
        writing.Dispose();
    }

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private SpoolLevel Level() => new() { Produced = sequence, Acknowledged = acknowledged, Spooled = sequence - acknowledged, BoundBytes = 1 << 30 };

    private async Task ReadAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream)
    {
        await foreach (var message in stream.ResponseStream.ReadAllAsync(alive.Token))
        {
            if (message.MessageCase == CollectorMessage.MessageOneofCase.Heartbeat)
            {
                peerReceivedNs = Now();
                peerSequence = message.Heartbeat.Sequence;
            }
            else if (message.MessageCase == CollectorMessage.MessageOneofCase.Assignment)
            {
                var run = message.Assignment.Run;
                await WriteAsync(stream, new AgentMessage { AssignmentReply = new AssignmentReply { RunId = run.RunId, Attempt = run.Attempt, Accepted = true } });
                assigned.GetOrAdd(run.RunId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }
    }

    private async Task BeatAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, TimeSpan interval, TimeSpan first)
    {
        await Task.Delay(first, alive.Token);
        using var timer = new PeriodicTimer(interval);
        for (ulong beat = 1; ; beat++)
        {
            await WriteAsync(stream, new AgentMessage
            {
                Heartbeat = new Heartbeat
                {
                    Sequence = beat, WallUnixNs = Now(), Spool = Level(), PeerSequence = peerSequence, PeerReceivedUnixNs = peerReceivedNs,
                    Gauges =
                    {
                        ["power_watts/VDD_IN"] = 9.5, ["power_watts/VDD_CPU"] = 3.5, ["temperature_celsius/cpu"] = 51, ["temperature_celsius/gpu"] = 49, ["clock_hertz/cpu0"] = 1.5e9,
                        ["clock_hertz/gpu"] = 9e8, ["memory_used_bytes/system"] = 4e9, ["memory_total_bytes/system"] = 8e9, ["utilization_ratio/cpu"] = 0.5, ["disk_free_bytes"] = 1e10,
                    },
                },
            });
            await timer.WaitForNextTickAsync(alive.Token);
        }
    }

    private async Task WriteAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> stream, AgentMessage message)
    {
        await writing.WaitAsync(alive.Token);
        try
        {
            await stream.RequestStream.WriteAsync(message, alive.Token);
        }
        finally
        {
            writing.Release();
        }
    }
}
