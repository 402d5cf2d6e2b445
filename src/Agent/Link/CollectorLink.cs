using System.Security.Authentication;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Serilog;

namespace EdgeFleet.Agent.Link;

/// <summary>The link to the collector: one stream at a time, brought up again whenever it ends.</summary>
internal sealed class CollectorLink(JoinAddress join, IReadOnlyList<IGaugeSource> gauges, LinkOptions options, TimeProvider time, ILogger log)
{
    private readonly Lock gate = new();
    private LinkSession? session;
    private TaskCompletionSource<LinkSession> up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether there is a stream.</summary>
    public bool IsUp => Volatile.Read(ref session) is not null;

    /// <summary>This clock minus the collector's and the largest error of that; null while it is not known.</summary>
    public (long OffsetNs, long ErrorNs)? Offset => Volatile.Read(ref session)?.Offset;

    /// <summary>Queues a message where there is a stream.</summary>
    public bool Send(AgentMessage message) => Volatile.Read(ref session)?.Send(message) ?? false;

    /// <summary>Waits for a stream; its connection serves other calls.</summary>
    public async Task<CollectorChannel> UpAsync(CancellationToken cancellation)
    {
        Task<LinkSession> waiting;
        lock (gate) waiting = up.Task;
        return (await waiting.WaitAsync(cancellation)).Channel;
    }

    /// <summary>Keeps the link up.</summary>
    /// <param name="peer">The agent.</param>
    /// <param name="farewell">Cancelled to end it in good order.</param>
    public async Task RunAsync(ILinkPeer peer, CancellationToken farewell)
    {
        var pipeline = Reconnection.Pipeline(options, time, (error, delay) => log.Warning("No link to {Collector}: {Problem} Next try in {Delay:0.0} s.", join, Explain(error), delay.TotalSeconds));
        while (!farewell.IsCancellationRequested)
        {
            try
            {
                using var opened = await pipeline.ExecuteAsync(async cancellation => await LinkSession.OpenAsync(join.Read(), peer, gauges, options, time, cancellation), farewell);
                log.Information("Connected to {Collector}; a heartbeat goes every {Interval:0.###} s.", opened.Channel.Address, opened.Interval.TotalSeconds);
                await ConverseAsync(opened, peer, farewell);
            }
            catch (OperationCanceledException) when (farewell.IsCancellationRequested)
            {
                return;
            }

            if (farewell.IsCancellationRequested) return;
#pragma warning disable CA5394 // Spreads a fleet's return over time; no secret.
            await Task.Delay(options.FirstDelay * Random.Shared.NextDouble(), time, farewell).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
#pragma warning restore CA5394
        }
    }

    private async Task ConverseAsync(LinkSession opened, ILinkPeer peer, CancellationToken farewell)
    {
        lock (gate)
        {
            session = opened;
            up.SetResult(opened);
        }

        var problem = "the collector ended the stream.";
        try
        {
            await opened.RunAsync(farewell);
        }
        catch (Exception error) when (error is RpcException or IOException or TimeoutException or ObjectDisposedException)
        {
            problem = error is TimeoutException ? $"nothing was heard for three intervals of {opened.Interval.TotalSeconds:0.###} s." : Explain(error);
        }
        finally
        {
            lock (gate)
            {
                session = null;
                up = new TaskCompletionSource<LinkSession>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            peer.Lost(opened.HeardUnixNs, opened.Offset?.OffsetNs);
        }

        if (farewell.IsCancellationRequested) log.Information("Disconnected.");
        else log.Warning("The link is lost: {Problem}", problem);
    }

    private static string Explain(Exception error) => error is RpcException { Status: var status }
        ? status.StatusCode switch
        {
            _ when Cause<ForeignKeyException>(status.DebugException) is not null => "its key is not the one of the address. Join again if the collector was set up anew; otherwise somebody stands in between.",
            _ when Cause<AuthenticationException>(status.DebugException) is { } foreign => $"what answers there is no collector ({foreign.Message.TrimEnd('.')}).",
            StatusCode.AlreadyExists => $"{status.Detail}.",
            StatusCode.Unauthenticated => "the collector does not know this token. Join again with its present join-string.",
            StatusCode.PermissionDenied => "this token is for operators. Join with the string in join-string of the collector's data directory.",
            StatusCode.Cancelled or StatusCode.DeadlineExceeded when status.Detail.Length == 0 => "it did not answer.",
            StatusCode.Unavailable => $"it cannot be reached ({Innermost(status.DebugException)?.Message ?? status.Detail}).",
            _ => $"{status.StatusCode}: {status.Detail}",
        }
        : error.Message;

    private static T? Cause<T>(Exception? error)
        where T : Exception
    {
        while (error is not null and not T) error = error.InnerException;
        return error as T;
    }

    private static Exception? Innermost(Exception? error)
    {
        while (error?.InnerException is { } inner) error = inner;
        return error;
    }
}
