using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Cli.Results;
using EdgeFleet.Cli.Sweeps;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Polly;
using Polly.Retry;

namespace EdgeFleet.Cli.Up;

/// <summary>One <c>edgefleet up</c>, from the start of its programs to their end.</summary>
internal sealed class UpSession(UpOptions options, Printer printer, TimeProvider time) : IDisposable
{
    private const int Failed = 1;
    private const int ReadyAttempts = 300;
    private static readonly TimeSpan ReadyDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AgentPatience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CollectorPatience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource hurrying = new();

    /// <summary>Runs it.</summary>
    /// <returns>0 when it was stopped by a signal, or with <c>--once</c> when all runs completed; else 1.</returns>
    /// <exception cref="IOException">The directory cannot be used, or the port is taken.</exception>
    /// <exception cref="FileNotFoundException">A program or the sweep's file is not there.</exception>
    public async Task<int> RunAsync()
    {
        var agentProgram = ProgramFinder.Find("edgefleet-agent");
        var collectorProgram = ProgramFinder.Find("edgefleet-collector");
        var document = options.SweepFile is { } file ? await File.ReadAllTextAsync(file) : null;
        ListenPort.RequireFree(options.Listen, options.Port);
        using var directory = UpDirectory.Open(options.Data);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        List<ChildProcess> children = [];
        try
        {
            return await RunAsync(directory, collectorProgram, agentProgram, document, children);
        }
        catch (Exception error) when (stopping.IsCancellationRequested && error is (OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }))
        {
            return options.Once ? Failed : 0;
        }
        catch (UpFailedException error)
        {
            await Console.Error.WriteLineAsync("edgefleet: " + error.Message);
            return Failed;
        }
        finally
        {
            await StopAsync(children);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Dispose();
        hurrying.Dispose();
    }

    private async Task<int> RunAsync(UpDirectory directory, string collectorProgram, string agentProgram, string? document, List<ChildProcess> children)
    {
        var before = File.Exists(directory.OperatorString) ? File.GetLastWriteTimeUtc(directory.OperatorString) : default;
        List<string> arguments = ["--data", directory.Collector, "--port", Text(options.Port), "--listen", options.Listen];
        if (options.Host is { } host) arguments.AddRange(["--host", host]);
        if (options.Models is { } models) arguments.AddRange(["--models", Path.GetFullPath(models)]);
        var collector = await ChildProcess.StartAsync("collector", collectorProgram, arguments, directory.CollectorLog);
        children.Add(collector);
        var (address, local) = await WhileAliveAsync(children, stop => ReadyAsync(directory, before, stop));
        using var connection = CollectorConnection.Open(local.Format());

        UpDirectory.WriteSecret(directory.LocalJoinString, (CollectorAddress.Parse(await File.ReadAllTextAsync(directory.JoinString)) with { Host = local.Host }).Format());
        var mark = directory.Mark();
        children.Add(await ChildProcess.StartAsync(
            "agent", agentProgram, ["run", "--join", "@" + directory.LocalJoinString, "--state", directory.Agent, "--label", "up=" + mark, "--log-format", "json"], directory.AgentLog));
        var device = await WhileAliveAsync(children, stop => DeviceAsync(connection, mark, stop));
        var guide = new UpGuide(directory, address, device.DeviceId);
        guide.Started(printer);

        var sweep = await WhileAliveAsync(children, stop => PerformAsync(connection, document ?? SampleSweep.Document(device.DeviceId), stop));
        var results = await ScenarioResult.OfSweepAsync(connection, sweep.SweepId, stopping.Token);
        var completed = sweep.State == SweepState.Finished && sweep.Counts.Completed == sweep.Counts.Total;
        guide.Finished(printer, sweep, results, completed, options.Once);
        if (options.Once) return completed ? 0 : Failed;
        await WhileAliveAsync(children, async stop =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
            return 0;
        });
        return 0;
    }

    // The sweep of an earlier start is taken where all its runs completed, followed where it still runs, and else launched anew.
    private async Task<Sweep> PerformAsync(CollectorConnection connection, string document, CancellationToken stop)
    {
        var request = new CreateSweepRequest { Document = document };
        var wanted = (await connection.Fleet.PlanSweepAsync(request, cancellationToken: stop)).Definition;
        var earlier = (await connection.Fleet.ListSweepsAsync(new ListSweepsRequest { PageSize = 1000 }, cancellationToken: stop)).Sweeps.Where(s => s.Definition.Equals(wanted)).ToList();
        if (earlier.FirstOrDefault(s => s.State == SweepState.Finished && s.Counts.Completed == s.Counts.Total) is { } done)
        {
            Say($"The sweep {Name(done)} was performed on {Show.Instant(done.CreatedUnixNs)} and is not repeated.");
            return done;
        }

        var open = earlier.FirstOrDefault(s => s.State is SweepState.Running or SweepState.Paused);
        if (open is { State: SweepState.Paused }) open = await connection.Fleet.ResumeSweepAsync(new ResumeSweepRequest { SweepId = open.SweepId }, cancellationToken: stop);
        if (open is not null) Say($"The sweep {Name(open)} of {Show.Instant(open.CreatedUnixNs)} goes on.");
        else if (earlier.Count > 0) Say($"The sweep {Name(earlier[0])} did not complete before; it is performed again.");
        open ??= await connection.Fleet.CreateSweepAsync(request, cancellationToken: stop);
        return await new SweepFollower(connection, printer, time).FollowAsync(open.SweepId, stop);
    }

    private async Task<(CollectorAddress Address, CollectorAddress Local)> ReadyAsync(UpDirectory directory, DateTime before, CancellationToken stop) => await Patiently().ExecuteAsync(
        async cancellation =>
        {
            if (!File.Exists(directory.OperatorString) || File.GetLastWriteTimeUtc(directory.OperatorString) == before) throw new IOException("the collector has not published its address yet");
            var address = CollectorAddress.Parse(await File.ReadAllTextAsync(directory.OperatorString, cancellation));
            var local = address with { Host = options.Listen is "0.0.0.0" or "::" ? "127.0.0.1" : options.Listen };
            using var connection = CollectorConnection.Open(local.Format());
            await connection.Fleet.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);
            return (address, local);
        },
        stop);

    private async Task<Device> DeviceAsync(CollectorConnection connection, string mark, CancellationToken stop) => await Patiently().ExecuteAsync(
        async cancellation =>
        {
            var devices = await connection.Fleet.ListDevicesAsync(new ListDevicesRequest { Selector = "up=" + mark, PageSize = 1000 }, cancellationToken: cancellation);
            var mine = devices.Devices.FirstOrDefault(d => d.Online) ?? throw new IOException("the agent has not connected yet");
            if (mine.Quarantined) throw new UpFailedException($"Device {Show.Id(mine.DeviceId)} has other hardware than before. Accept it with 'edgefleet devices adopt {Show.Id(mine.DeviceId)}'.");
            return mine;
        },
        stop);

    private ResiliencePipeline Patiently() => new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
    {
        MaxRetryAttempts = ReadyAttempts, Delay = ReadyDelay, ShouldHandle = new PredicateBuilder().Handle<IOException>().Handle<RpcException>(e => e.StatusCode is StatusCode.Unavailable or StatusCode.Internal),
    }).Build();

    // Whatever is done ends at once when one of the programs does.
    private async Task<T> WhileAliveAsync<T>(List<ChildProcess> children, Func<CancellationToken, Task<T>> work)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var working = work(stop.Token);
        await Task.WhenAny([working, .. children.Select(c => c.Exited)]);
        if (children.Find(c => c.Exited.IsCompleted) is not { } gone || stopping.IsCancellationRequested) return await working;
        await stop.CancelAsync();
        await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var tail = gone.Tail();
        throw new UpFailedException($"The {gone.Name} ended by itself with status {await gone.Exited}{(tail.Length > 0 ? ":\n" + tail : ".")}\nIts log is {gone.Log}.");
    }

    // The agent first: it delivers what it has.
    private async Task StopAsync(List<ChildProcess> children)
    {
        foreach (var child in children.AsEnumerable().Reverse())
        {
            if (child is { Name: "agent", Exited.IsCompleted: false } && !options.Once) Say("stopping; the agent ends the run that it performs (Ctrl-C again does not wait for it)");
            if (!await child.StopAsync(child.Name == "agent" ? AgentPatience : CollectorPatience, hurrying.Token)) await Console.Error.WriteLineAsync($"edgefleet: the {child.Name} was killed.");
            child.Dispose();
        }
    }

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        (stopping.IsCancellationRequested ? hurrying : stopping).Cancel();
    }

    private static string Name(Sweep sweep) => sweep.Definition.Name.Length > 0 ? $"'{sweep.Definition.Name}'" : Show.Id(sweep.SweepId);

    private void Say(string line)
    {
        if (!printer.IsJson) printer.Writer.WriteLine(line);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
