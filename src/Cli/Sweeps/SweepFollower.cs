using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Polly;
using Polly.Retry;
using Spectre.Console;
using Status = Grpc.Core.Status;

namespace EdgeFleet.Cli.Sweeps;

/// <summary>
/// Follows a sweep to its end: in place on a terminal, a line for each change elsewhere, an update per line as JSON. A collector that restarts meanwhile is
/// waited for.
/// </summary>
internal sealed class SweepFollower(CollectorConnection connection, Printer printer, TimeProvider time)
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);
    private const int Reconnects = 60;

    /// <summary>Follows it.</summary>
    /// <returns>The sweep as it ended.</returns>
    /// <exception cref="RpcException">There is no such sweep, or the collector stayed away for a minute.</exception>
    public async Task<Sweep> FollowAsync(string sweepId, CancellationToken cancellation)
    {
        if (printer.IsJson) return await WatchAsync(sweepId, update => printer.Write(update, _ => { }), () => { }, cancellation);
        if (!printer.IsTerminal)
        {
            var before = "";
            void Line(string line)
            {
                if (line != before) printer.Writer.WriteLine(line);
                before = line;
            }

            return await WatchAsync(sweepId, update => Line(SweepProgress.Line(update)), () => Line("waiting for the collector"), cancellation);
        }

        Sweep? last = null;
        await printer.Console().Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            SweepUpdate? shown = null;
            void Show(string note) => live.UpdateTarget(shown is null ? new Text(note) : SweepProgress.Panel(shown, time.GetUtcNow(), note));
            last = await WatchAsync(
                sweepId,
                update =>
                {
                    shown = update;
                    Show("");
                },
                () => Show("waiting for the collector"),
                cancellation);
        });
        return last!;
    }

    private async Task<Sweep> WatchAsync(string sweepId, Action<SweepUpdate> show, Action waiting, CancellationToken cancellation)
    {
        Sweep? last = null;
        var retry = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = Reconnects,
            Delay = ReconnectDelay,
            ShouldHandle = arguments => ValueTask.FromResult(last is not null && arguments.Outcome.Exception is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Internal }),
            OnRetry = _ =>
            {
                waiting();
                return ValueTask.CompletedTask;
            },
        }).Build();
        await retry.ExecuteAsync(
            async stop =>
            {
                using var watch = connection.Fleet.WatchSweep(new WatchSweepRequest { SweepId = sweepId }, cancellationToken: stop);
                await foreach (var update in watch.ResponseStream.ReadAllAsync(stop))
                {
                    last = update.Sweep;
                    show(update);
                }

                // A collector that stops ends its streams in order.
                if (last is { State: SweepState.Running or SweepState.Paused }) throw new RpcException(new Status(StatusCode.Unavailable, "the collector stopped"));
            },
            cancellation);
        return last!;
    }
}
