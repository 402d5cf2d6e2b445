using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;
using Google.Protobuf;

namespace EdgeFleet.Agent.Worker;

/// <summary>The worker's side: one connection, one run, then the end.</summary>
internal sealed class WorkerProgram(IScenarioRunner runner)
{
    private const int LostAgent = 3;

    /// <summary>Runs to the end.</summary>
    /// <param name="socket">Path of the agent's socket.</param>
    /// <param name="parent">Process id of the agent; the worker ends at once if that is not its parent any more.</param>
    /// <returns>Exit status: 0 when the end was reported, whatever it is.</returns>
    public async Task<int> RunAsync(string socket, int parent)
    {
        Posix.DieWithParent();
        if (Posix.ParentProcessId() != parent) return LostAgent; // The agent ended before the kernel was asked.
        PreferAsVictim();

        // An interrupt from the terminal reaches the whole process group; the agent decides what becomes of its worker.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);

        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        using var channel = new MessageChannel(connection);
        var first = await channel.ReceiveAsync(AgentToWorker.Parser, CancellationToken.None);
        if (first?.MessageCase != AgentToWorker.MessageOneofCase.Run) return LostAgent;

        using var cancellation = new CancellationTokenSource();
        using var finished = new CancellationTokenSource();
        var listening = ListenAsync(channel.ReceiveAsync, cancellation.CancelAsync, finished.Token);
        var end = await Task.Factory.StartNew(
            () => Execute(first.Run, new ChannelTraceSink(channel), cancellation.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        channel.Send(new WorkerToAgent { End = end });
        await finished.CancelAsync();
        await listening;
        return 0;
    }

    private RunEnd Execute(WorkerRun run, ChannelTraceSink sink, CancellationToken cancellation)
    {
        try
        {
            return runner.Execute(run, sink, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new RunEnd { Outcome = Outcome.Cancelled, Reason = RunReasons.Cancelled, Message = "Cancelled between two steps." };
        }
        catch (OutOfMemoryException exception)
        {
            return new RunEnd { Outcome = Outcome.OutOfMemory, Reason = RunReasons.OutOfMemory, Message = exception.Message };
        }
#pragma warning disable CA1031 // The rim of the process: whatever went wrong must reach the agent as the run's end, not as a crash.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(exception);
            return RunFailure.From(exception);
        }
    }

    /// <summary>Waits for a cancellation; ends this process when the agent is gone.</summary>
    private static async Task ListenAsync(
        Func<MessageParser<AgentToWorker>, CancellationToken, Task<AgentToWorker?>> receive, Func<Task> cancel, CancellationToken finished)
    {
        try
        {
            while (await receive(AgentToWorker.Parser, finished) is { } message)
            {
                if (message.MessageCase == AgentToWorker.MessageOneofCase.Cancel) await cancel();
            }
        }
        catch (OperationCanceledException) when (finished.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"The agent's connection broke: {exception.Message}");
        }

        Posix.ExitNow(LostAgent);
    }

    /// <summary>If memory runs out, the kernel should end the worker and nothing else (proc_pid_oom_score_adj(5)). Raising one's own score needs no privilege.</summary>
    private static void PreferAsVictim() => File.WriteAllText("/proc/self/oom_score_adj", "1000");
}
