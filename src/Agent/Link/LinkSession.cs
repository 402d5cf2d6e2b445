using System.Diagnostics;
using System.Threading.Channels;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;

namespace EdgeFleet.Agent.Link;

/// <summary>One stream, from its welcome to its end.</summary>
internal sealed class LinkSession : IDisposable
{
    private const int SilentIntervals = 3;
    private const int QueuedMessages = 256;
    private const int MostGauges = 64;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call;
    private readonly Channel<AgentMessage> outgoing = System.Threading.Channels.Channel.CreateBounded<AgentMessage>(QueuedMessages);
    private readonly ILinkPeer peer;
    private readonly IReadOnlyList<IGaugeSource> gauges;
    private readonly TimeProvider time;
    private readonly Lock clockGate = new();
    private readonly ClockOffset clock = new();
    private ulong sequence;
    private ulong peerSequence;
    private long peerReceivedNs;
    private long heardNs;

    private LinkSession(
        CollectorChannel channel, AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, Welcome welcome, ILinkPeer peer, IReadOnlyList<IGaugeSource> gauges, TimeProvider time)
    {
        Channel = channel;
        this.call = call;
        this.peer = peer;
        this.gauges = gauges;
        this.time = time;
        Welcome = welcome;
        Interval = Clock.Duration(Math.Clamp(welcome.HeartbeatIntervalNs, ShortestInterval.Nanoseconds(), LongestInterval.Nanoseconds()));
        heardNs = time.UnixNanoseconds();
    }

    /// <summary>The connection, for other calls.</summary>
    public CollectorChannel Channel { get; }

    /// <summary>The collector's first word.</summary>
    public Welcome Welcome { get; }

    /// <summary>Time between heartbeats.</summary>
    public TimeSpan Interval { get; }

    /// <summary>This clock minus the collector's and the largest error of that; null until it is known.</summary>
    public (long OffsetNs, long ErrorNs)? Offset
    {
        get { lock (clockGate) return clock.OffsetNs is { } offset ? (offset, clock.ErrorNs) : null; }
    }

    /// <summary>When the collector was last heard of, by its clock as far as that is known.</summary>
    public long HeardUnixNs => Volatile.Read(ref heardNs) - (Offset?.OffsetNs ?? 0);

    /// <summary>Connects and says hello.</summary>
    /// <exception cref="RpcException">The collector cannot be reached, or refuses.</exception>
    /// <exception cref="LinkException">It is no collector of this contract.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public static async Task<LinkSession> OpenAsync(
        CollectorAddress address, ILinkPeer peer, IReadOnlyList<IGaugeSource> gauges, LinkOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var channel = new CollectorChannel(address);
        AsyncDuplexStreamingCall<AgentMessage, CollectorMessage>? call = null;
        try
        {
            call = channel.Link.Connect(cancellationToken: CancellationToken.None);
            await call.RequestStream.WriteAsync(new AgentMessage { Hello = peer.Greet() }, CancellationToken.None).WaitAsync(options.WelcomeTimeout, time, cancellation);
            if (!await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(options.WelcomeTimeout, time, cancellation)) throw new LinkException("The collector ended the stream without a welcome.");
            var welcome = call.ResponseStream.Current.Welcome ?? throw new LinkException("The collector's first message is no welcome.");
            if (!welcome.ProtocolVersion.StartsWith("1.", StringComparison.Ordinal))
            {
                throw new LinkException($"The collector speaks protocol {welcome.ProtocolVersion}, this agent 1.0. Update the older one.");
            }

            return new LinkSession(channel, call, welcome, peer, gauges, time);
        }
        catch
        {
            call?.Dispose();
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Queues a message.</summary>
    /// <returns>False when the stream is ending, or has not taken anything for long.</returns>
    public bool Send(AgentMessage message) => outgoing.Writer.TryWrite(message);

    /// <summary>Converses until the stream ends.</summary>
    /// <param name="farewell">Cancelled to end the stream in good order.</param>
    /// <exception cref="RpcException">The stream broke.</exception>
    /// <exception cref="TimeoutException">Nothing was heard for three intervals.</exception>
    public async Task RunAsync(CancellationToken farewell)
    {
        using var ended = new CancellationTokenSource();
        var write = WriteAsync(ended.Token);
        var beat = BeatAsync(ended.Token);
        var read = ReadAsync(ended.Token);
        try
        {
            using var leaving = farewell.Register(Leave);
            await Task.WhenAny(read, write);
            if (farewell.IsCancellationRequested && write.IsCompletedSuccessfully)
            {
                await Task.WhenAny(read, Task.Delay(GoodbyeTimeout, CancellationToken.None));
                return;
            }

            await (read.IsCompleted ? read : write);
        }
        finally
        {
            outgoing.Writer.TryComplete();
            await ended.CancelAsync();
            call.Dispose();
            await Task.WhenAll(write, beat, read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        call.Dispose();
        Channel.Dispose();
    }

    // The last heartbeat carries the final level of the spool.
    private void Leave()
    {
        outgoing.Writer.TryWrite(new AgentMessage { Heartbeat = Beat() });
        outgoing.Writer.TryComplete();
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(SilentIntervals * Interval, time, cancellation))
        {
            var message = call.ResponseStream.Current;
            Volatile.Write(ref heardNs, time.UnixNanoseconds());
            if (message.MessageCase == CollectorMessage.MessageOneofCase.Heartbeat) Heard(message.Heartbeat);
            else peer.Receive(message);
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        await foreach (var message in outgoing.Reader.ReadAllAsync(cancellation))
        {
            if (message.Heartbeat is { } beat) Stamp(beat);
            await call.RequestStream.WriteAsync(message, CancellationToken.None).WaitAsync(SilentIntervals * Interval, time, cancellation);
        }

        await call.RequestStream.CompleteAsync();
    }

    private async Task BeatAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var beat = Beat();
            foreach (var source in gauges) source.Read(beat.Gauges);
            while (beat.Gauges.Count > MostGauges) beat.Gauges.Remove(beat.Gauges.Keys.Last());
            if (!outgoing.Writer.TryWrite(new AgentMessage { Heartbeat = beat })) return;
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    private Heartbeat Beat() => new() { Sequence = Interlocked.Increment(ref sequence), Spool = peer.Level };

    // As late as possible: the offset's error is half of what passes between stamp and wire.
    private void Stamp(Heartbeat beat)
    {
        lock (clockGate)
        {
            beat.MonotonicNs = (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;
            beat.WallUnixNs = time.UnixNanoseconds();
            beat.PeerSequence = peerSequence;
            beat.PeerReceivedUnixNs = peerReceivedNs;
            clock.Sent(beat.Sequence, beat.WallUnixNs);
        }
    }

    private void Heard(Heartbeat beat)
    {
        lock (clockGate)
        {
            var now = time.UnixNanoseconds();
            clock.Heard(beat.PeerSequence, beat.PeerReceivedUnixNs, beat.WallUnixNs, now);
            peerSequence = beat.Sequence;
            peerReceivedNs = now;
        }
    }
}
