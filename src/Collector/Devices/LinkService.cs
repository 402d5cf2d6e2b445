using System.Diagnostics;
using System.Threading.Channels;
using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Metrics;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace EdgeFleet.Collector.Devices;

/// <summary>The agents' streams.</summary>
[Authorize(Roles = TokenAuthentication.Agent)]
internal sealed partial class LinkService(
    IGrainFactory grains, DataDirectory data, CollectorOptions options, LinkMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<LinkService> log)
    : AgentLink.AgentLinkBase
{
    private const string Protocol = "1.0";
    private const int MostEntries = 64;
    private const int MostClaims = 10_000;
    private const int LongestValue = 1024;
    private const int SentBeatsKept = 16;
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async Task Connect(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<CollectorMessage> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var hello = await FirstAsync(requestStream, ended.Token);
        var session = Guid.NewGuid();
        var outgoing = Channel.CreateBounded<CollectorMessage>(256);
        outgoing.Writer.TryWrite(new CollectorMessage
        {
            Welcome = new Welcome
            {
                CollectorId = data.CollectorId, ProtocolVersion = Protocol, WallUnixNs = time.UnixNanoseconds(), HeartbeatIntervalNs = options.HeartbeatInterval.Nanoseconds(),
            },
        });
        var link = new Link(outgoing.Writer);
        var reference = grains.CreateObjectReference<ILink>(link);
        var device = grains.GetGrain<IDeviceGrain>(hello.DeviceId);
        try
        {
            if (await device.Attach(session, hello.ToByteArray(), reference) is { } refusal)
            {
                metrics.Refused("already_connected");
                LogSecondStream(hello.DeviceId, context.Peer);
                throw new RpcException(new Status(StatusCode.AlreadyExists, $"device {hello.DeviceId}: {refusal}"));
            }

            metrics.Connected();
            LogConnected(hello.DeviceId, hello.AgentVersion, context.Peer);
            await device.OfferConfiguration();
            await device.Wake();
            await ConverseAsync(session, device, requestStream, responseStream, outgoing, ended);
        }
        finally
        {
            outgoing.Writer.TryComplete();
            await device.Detach(session);
            grains.DeleteObjectReference<ILink>(reference);
            GC.KeepAlive(link);
        }

        LogDisconnected(hello.DeviceId);
    }

    private async Task ConverseAsync(
        Guid session, IDeviceGrain device, IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<CollectorMessage> responses, Channel<CollectorMessage> outgoing, CancellationTokenSource ended)
    {
        var beats = new Beats();
        using var abandoned = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        var write = WriteAsync(responses, outgoing.Reader, ended.Token, abandoned.Token);
        var beat = BeatAsync(beats, outgoing.Writer, ended.Token);
        try
        {
            await ReadAsync(session, device, requests, beats, ended.Token);
        }
        finally
        {
            await ended.CancelAsync();
            outgoing.Writer.TryComplete();
            abandoned.CancelAfter(LastWrite);
            await Task.WhenAll(write, beat).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(Guid session, IDeviceGrain device, IAsyncStreamReader<AgentMessage> requests, Beats beats, CancellationToken cancellation)
    {
        var patience = 3 * options.HeartbeatInterval;
        while (true)
        {
            try
            {
                // A peer that vanished without a word leaves a stream that never ends by itself.
                if (!await requests.MoveNext(cancellation).WaitAsync(patience, time, cancellation)) return;
            }
            catch (TimeoutException)
            {
                metrics.Lost("silent");
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"nothing was heard for {patience.TotalSeconds} s"));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException)
            {
                metrics.Lost("reset");
                return;
            }

            var message = requests.Current;
            if (message.MessageCase == AgentMessage.MessageOneofCase.Hello) throw Invalid("hello", "may only be the first message");
            (long OffsetNs, long ErrorNs)? clock = null;
            if (message.MessageCase == AgentMessage.MessageOneofCase.Heartbeat)
            {
                if (message.Heartbeat.Gauges.Count > MostEntries) throw Invalid("heartbeat.gauges", $"has {message.Heartbeat.Gauges.Count} entries; at most {MostEntries} are allowed");
                clock = beats.Heard(message.Heartbeat, time.UnixNanoseconds());
            }

            await device.Receive(session, message.ToByteArray(), clock);
        }
    }

    // Cancelling a write resets the call, and the agent would read Cancelled instead of the reason: a write that has begun gets a moment to end by itself.
    private static async Task WriteAsync(IServerStreamWriter<CollectorMessage> responses, ChannelReader<CollectorMessage> outgoing, CancellationToken ended, CancellationToken abandoned)
    {
        await foreach (var message in outgoing.ReadAllAsync(ended)) await responses.WriteAsync(message, abandoned);
    }

    private async Task BeatAsync(Beats beats, ChannelWriter<CollectorMessage> outgoing, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await outgoing.WriteAsync(new CollectorMessage { Heartbeat = beats.Next(time.UnixNanoseconds()) }, cancellation);
        }
    }

    private static async Task<Hello> FirstAsync(IAsyncStreamReader<AgentMessage> requests, CancellationToken cancellation)
    {
        try
        {
            if (!await requests.MoveNext(cancellation).WaitAsync(HelloTimeout, cancellation)) throw Invalid("hello", "the stream ended before it");
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no hello came within {HelloTimeout.TotalSeconds} s"));
        }

        var hello = requests.Current.Hello ?? throw Invalid("hello", "must be the first message");
        if (!Hash.IsSha256(hello.DeviceId)) throw Invalid("hello.device_id", "must be 64 lower-case hexadecimal digits");
        if (!hello.ProtocolVersion.StartsWith("1.", StringComparison.Ordinal)) throw new RpcException(new Status(StatusCode.FailedPrecondition, $"hello.protocol_version: this collector speaks {Protocol}, not '{hello.ProtocolVersion}'"));
        if (hello.Runs.Count > MostClaims) throw Invalid("hello.runs", $"has {hello.Runs.Count} entries; at most {MostClaims} are allowed");
        if (hello.Capabilities.Count > MostEntries) throw Invalid("hello.capabilities", $"at most {MostEntries} are allowed");
        foreach (var (name, map) in (ReadOnlySpan<(string, IDictionary<string, string>)>)
        [
            ("labels", hello.Labels), ("inventory", hello.Inventory), ("hardware_fingerprint", hello.HardwareFingerprint),
        ])
        {
            if (map.Count > MostEntries) throw Invalid($"hello.{name}", $"has {map.Count} entries; at most {MostEntries} are allowed");
            if (map.Any(p => p.Key.Length is 0 or > MostEntries || p.Value.Length > LongestValue)) throw Invalid($"hello.{name}", $"keys have 1 to {MostEntries} characters, values at most {LongestValue}");
        }

        return hello;
    }

    private static RpcException Invalid(string field, string problem) => new(new Status(StatusCode.InvalidArgument, $"{field}: {problem}"));

    [LoggerMessage(1101, LogLevel.Information, "Device {DeviceId} connected with agent {AgentVersion} from {Peer}.")]
    private partial void LogConnected(string deviceId, string agentVersion, string peer);

    [LoggerMessage(1102, LogLevel.Information, "Device {DeviceId} disconnected.")]
    private partial void LogDisconnected(string deviceId);

    [LoggerMessage(1103, LogLevel.Warning, "A second stream of device {DeviceId} from {Peer} was refused.")]
    private partial void LogSecondStream(string deviceId, string peer);

    private sealed class Link(ChannelWriter<CollectorMessage> outgoing) : ILink
    {
        public Task Send(byte[] message)
        {
            // A full queue means that the agent has not read for minutes; the reader's patience ends that stream.
            outgoing.TryWrite(CollectorMessage.Parser.ParseFrom(message));
            return Task.CompletedTask;
        }
    }

    /// <summary>The heartbeats of one stream, from which the clocks' offset follows as in NTP (RFC 5905, section 8).</summary>
    private sealed class Beats
    {
        private readonly Lock gate = new();
        private readonly (ulong Sequence, long SentNs)[] sent = new (ulong, long)[SentBeatsKept];
        private ulong sequence;
        private ulong peerSequence;
        private long peerReceivedNs;

        public Heartbeat Next(long nowNs)
        {
            lock (gate)
            {
                sequence++;
                sent[sequence % SentBeatsKept] = (sequence, nowNs);
                return new Heartbeat
                {
                    Sequence = sequence, WallUnixNs = nowNs, MonotonicNs = (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds, PeerSequence = peerSequence, PeerReceivedUnixNs = peerReceivedNs,
                };
            }
        }

        public (long OffsetNs, long ErrorNs)? Heard(Heartbeat beat, long nowNs)
        {
            lock (gate)
            {
                peerSequence = beat.Sequence;
                peerReceivedNs = nowNs;
                var mine = sent[beat.PeerSequence % SentBeatsKept];
                if (beat.PeerSequence == 0 || mine.Sequence != beat.PeerSequence || beat.WallUnixNs < beat.PeerReceivedUnixNs) return null;
                var offset = ((beat.PeerReceivedUnixNs - mine.SentNs) + (beat.WallUnixNs - nowNs)) / 2;
                var round = nowNs - mine.SentNs - (beat.WallUnixNs - beat.PeerReceivedUnixNs);
                return round < 0 ? null : (offset, round / 2);
            }
        }
    }
}
