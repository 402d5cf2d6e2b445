using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;
using Environment = System.Environment;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Agent.Worker;

/// <summary>
/// Performs one run in a process of its own and survives whatever that process does: a crash, a hang, an out-of-memory kill or a broken
/// message ends the run with a reason, and keeps the part of the trace that had arrived.
/// </summary>
internal sealed class WorkerProcess(WorkerLaunch launch)
{
    private const int OutputCharacters = 64 * 1024;

    /// <summary>Process id of the worker that runs, for tests and diagnosis; 0 before it is started.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Performs a run.</summary>
    /// <param name="run">What to do.</param>
    /// <param name="progress">Called on each sign of life.</param>
    /// <param name="cancellation">Ends the run as cancelled: first politely, then by a kill.</param>
    public async Task<WorkerResult> RunAsync(WorkerRun run, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        var output = new BoundedText(OutputCharacters);
        var trace = new Trace { RunId = run.RunId, Attempt = run.Attempt, Repeat = run.Repeat, Scenario = run.Scenario };
        string directory;
        try
        {
            directory = Directory.CreateTempSubdirectory("edgefleet-").FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            trace.End = End(Outcome.Failed, RunReasons.WorkerNotStarted, $"The worker's socket has no place in {Path.GetTempPath()}: {exception.Message}");
            return new WorkerResult(trace, "");
        }

        try
        {
            var socket = Path.Combine(directory, "worker");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(socket));
            listener.Listen(1);
            trace.End = await RunAsync(run, listener, socket, trace, output, progress, cancellation);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return new WorkerResult(trace, output.ToString());
    }

    private async Task<RunEnd> RunAsync(
        WorkerRun run, Socket listener, string socket, Trace trace, BoundedText output, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        using var group = MakeGroup(out var refused);
        if (refused is not null) return End(Outcome.Failed, RunReasons.WorkerNotStarted, refused);
        var killsBefore = OutOfMemoryEvents.Count();
        using var process = new Process { StartInfo = StartInfo(socket) };
        using var thread = new ParentThread(process);
        run = run.Clone();
        run.LaunchedNs = Nanoseconds(Stopwatch.GetTimestamp());
        if (thread.Start() is { } refusal) return End(Outcome.Failed, RunReasons.WorkerNotStarted, $"The worker could not be started: {refusal}");

        ProcessId = process.Id;
        var outputs = Task.WhenAll(output.ReadAsync(process.StandardOutput), output.ReadAsync(process.StandardError));
        using var phase = new PhaseWatch(run.Engine?.PhaseDeadlineNs ?? 0, launch.CancelGrace, cancellation);
        RunEnd end;
        try
        {
            Limit(group, process);
            end = await ConverseAsync(run, listener, process, trace, phase, progress, cancellation);
            await WaitOrKillAsync(process, launch.CancelGrace);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            await outputs;
        }

        if (end.Outcome == Outcome.Unspecified) end = Crashed(process, group?.Kills() > 0 || OutOfMemoryEvents.Count() > killsBefore, phase.Name, output);
        end.LastPhase = phase.Name;
        return end;
    }

    /// <summary>Makes the group that bounds the worker's memory; null where none is asked for, or where it is refused.</summary>
    private MemoryControlGroup? MakeGroup(out string? refused)
    {
        refused = null;
        if (launch.MemoryLimitBytes is not { } bytes) return null;
        try
        {
            return MemoryControlGroup.Create(bytes, SystemTree.Machine);
        }
        catch (IOException exception)
        {
            refused = exception.Message;
            return null;
        }
    }

    private static void Limit(MemoryControlGroup? group, Process process)
    {
        try
        {
            group?.Add(process.Id);
        }
        catch (IOException) when (process.HasExited)
        {
            // There is nothing left to limit; its exit status says what happened.
        }
    }

    /// <summary>Talks to the worker until it says how its run ended; an unspecified outcome means that it fell silent without.</summary>
    private async Task<RunEnd> ConverseAsync(
        WorkerRun run, Socket listener, Process process, Trace trace, PhaseWatch phase, Action<WorkerProgress> progress, CancellationToken cancellation)
    {
        using var exited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        exited.CancelAfter(launch.ConnectTimeout);
        var watching = process.WaitForExitAsync(exited.Token).ContinueWith(_ => exited.CancelAsync(), TaskScheduler.Default).Unwrap();
        Socket connection;
        try
        {
            connection = await listener.AcceptAsync(exited.Token);
        }
        catch (OperationCanceledException)
        {
            if (cancellation.IsCancellationRequested) return End(Outcome.Cancelled, RunReasons.Cancelled, "Cancelled before the worker was ready.");
            if (process.HasExited) return new RunEnd();
            process.Kill();
            return End(Outcome.Failed, RunReasons.WorkerNotStarted, $"The worker did not connect within {launch.ConnectTimeout.TotalSeconds:0} s.");
        }
        finally
        {
            await exited.CancelAsync();
            await watching;
        }

        using var channel = new MessageChannel(connection);
        using var cancelled = cancellation.Register(() => TrySend(channel, new AgentToWorker { Cancel = new WorkerCancel { Reason = RunReasons.Cancelled } }));
        try
        {
            channel.Send(new AgentToWorker { Run = run });
            while (true)
            {
                var message = await channel.ReceiveAsync(WorkerToAgent.Parser, phase.Expired);
                phase.Alive();
                switch (message?.MessageCase)
                {
                    case null:
                        return new RunEnd();
                    case WorkerToAgent.MessageOneofCase.Progress:
                        phase.Enter(message.Progress.Phase);
                        progress(message.Progress);
                        break;
                    case WorkerToAgent.MessageOneofCase.Part:
                        trace.MergeFrom(message.Part);
                        break;
                    case WorkerToAgent.MessageOneofCase.End:
                        return message.End;
                    default:
                        break; // A message of a newer worker.
                }
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return cancellation.IsCancellationRequested
                ? End(Outcome.Cancelled, RunReasons.Cancelled, "Cancelled; the worker did not stop in time and was killed.")
                : End(
                    Outcome.Failed,
                    RunReasons.PhaseDeadline,
                    $"Phase '{phase.Name}' gave no sign of life for {phase.Deadline.TotalSeconds:0.#} s and the worker was killed; raise --deadline if that is too short.");
        }
        catch (InvalidDataException exception)
        {
            process.Kill();
            return End(Outcome.Failed, RunReasons.ProtocolViolation, exception.Message);
        }
        catch (IOException)
        {
            return new RunEnd(); // The worker is gone; its exit status says why.
        }
    }

    private ProcessStartInfo StartInfo(string socket)
    {
        var start = new ProcessStartInfo(launch.Command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };

        // What a worker that is killed leaves goes with its directory.
        start.Environment["TMPDIR"] = Path.GetDirectoryName(socket);
        foreach (var argument in launch.Command.Skip(1)) start.ArgumentList.Add(argument);
        foreach (var argument in (string[])["worker", "--socket", socket, "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static void TrySend(MessageChannel channel, AgentToWorker message)
    {
        try
        {
            channel.Send(message);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The worker is gone already: there is nothing left to cancel.
        }
    }

    private static async Task WaitOrKillAsync(Process process, TimeSpan grace)
    {
        using var patience = new CancellationTokenSource(grace);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
    }

    private static RunEnd Crashed(Process process, bool memoryKill, string phase, BoundedText output)
    {
        var exitCode = process.ExitCode;
        // .NET reports a process that a signal ended as 128 + signal.
        var signal = exitCode > 128 ? exitCode - 128 : 0;
        var during = phase.Length == 0 ? "before its first phase" : $"in phase '{phase}'";
        var tail = output.LastLine();
        var said = tail.Length == 0 ? "" : $" Its last words: {tail}";
        var end = signal == Posix.Sigkill && memoryKill
            ? End(
                Outcome.OutOfMemory, RunReasons.OutOfMemory,
                $"The kernel killed the worker {during} because memory ran out; use a shorter context, a smaller precision or --chunk.{KernelLog.OfKilled(process.Id)}")
            : signal > 0
                ? End(Outcome.Failed, RunReasons.WorkerCrashed, $"The worker was ended by signal {signal} {during}.{said}")
                : End(Outcome.Failed, RunReasons.WorkerCrashed, $"The worker exited with status {exitCode} {during} without saying how its run ended.{said}");
        end.Signal = signal;
        end.ExitCode = exitCode;
        return end;
    }

    private static long Nanoseconds(long timestamp) => (long)((Int128)timestamp * 1_000_000_000 / Stopwatch.Frequency);

    private static RunEnd End(Outcome outcome, string reason, string message) => new() { Outcome = outcome, Reason = reason, Message = message };
}
