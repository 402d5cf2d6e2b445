using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Metrics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Sweeps;

/// <inheritdoc cref="ISweepGrain"/>
internal sealed partial class SweepGrain(SweepStore sweeps, SweepMetrics metrics, TimeProvider time, ILogger<SweepGrain> log) : Grain, ISweepGrain
{
    private const uint FewestForRatio = 10;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private IGrainTimer? pending;

    private string SweepId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public Task Changed()
    {
        pending ??= this.RegisterGrainTimer(
            async () =>
            {
                pending?.Dispose();
                pending = null;
                await Look();
            },
            new GrainTimerCreationOptions(Quiet, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> Look()
    {
        var sweep = sweeps.Find(SweepId);
        if (sweep is null) return false;
        metrics.Progress(sweep);
        if (sweep.State is not (SweepState.Running or SweepState.Paused)) return false;
        if (Stop(sweep) is not { } reason) return true;
        LogStopped(SweepId, reason);
        await End(SweepState.Stopped, reason, new RunEnd { Outcome = Outcome.Skipped, Reason = "stop_condition", Message = reason }, "stop_condition");
        return false;
    }

    /// <inheritdoc/>
    public Task Cancel(string reason) => End(
        SweepState.Cancelled, reason, new RunEnd { Outcome = Outcome.Cancelled, Reason = "sweep_cancelled", Message = reason.Length > 0 ? reason : "An operator cancelled the sweep." }, "sweep_cancelled");

    /// <inheritdoc/>
    public async Task WakeDevices()
    {
        foreach (var device in sweeps.Devices(SweepId)) await GrainFactory.GetGrain<IDeviceGrain>(device).Wake();
    }

    private async Task End(SweepState state, string reason, RunEnd end, string cancelReason)
    {
        var (sweep, issued) = await sweeps.EndAsync(SweepId, state, reason, end);
        metrics.Progress(sweep);
        foreach (var (device, run, attempt) in issued) await GrainFactory.GetGrain<IDeviceGrain>(device).Cancel(run, attempt, cancelReason);
    }

    private string? Stop(Sweep sweep)
    {
        var stop = sweep.Definition.Stop;
        var counts = sweep.Counts;
        if (stop.MaxFailures > 0 && counts.Failed >= stop.MaxFailures) return $"max_failures: {counts.Failed} runs failed";
        var ended = counts.Completed + counts.Failed + counts.OutOfMemory;
        if (stop.MaxFailureRatio > 0 && ended >= FewestForRatio && counts.Failed >= stop.MaxFailureRatio * ended) return $"max_failure_ratio: {counts.Failed} of {ended} runs failed";
        return stop.MaxDurationNs > 0 && time.UnixNanoseconds() - sweep.CreatedUnixNs > stop.MaxDurationNs ? "max_duration: the sweep took longer than allowed" : null;
    }

    [LoggerMessage(1201, LogLevel.Warning, "Sweep {SweepId} was stopped: {Reason}.")]
    private partial void LogStopped(string sweepId, string reason);
}
