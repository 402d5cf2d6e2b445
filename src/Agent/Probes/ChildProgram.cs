using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Probes;

/// <summary>Runs this program with other arguments in a process of its own, and takes what it prints.</summary>
internal static class ChildProgram
{
    private const int OutputCharacters = 1 << 20;

    /// <summary>Runs to the end.</summary>
    /// <param name="launch">How this program is started.</param>
    /// <param name="arguments">Its arguments; <c>--parent PID</c> is added, so that the child ends with this process.</param>
    /// <param name="limit">After this it is killed.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="IOException">It could not be started, failed or took too long; the message has its last words.</exception>
    public static async Task<string> RunAsync(WorkerLaunch launch, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(launch.Command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (IEnumerable<string>)[.. launch.Command.Skip(1), .. arguments, "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]) start.ArgumentList.Add(argument);
        using var process = new Process { StartInfo = start };
        using var thread = new ParentThread(process);
        if (thread.Start() is { } refusal) throw new IOException($"{launch.Command[0]} could not be started: {refusal}");
        var output = new BoundedText(OutputCharacters);
        var error = new BoundedText(OutputCharacters);
        var reading = Task.WhenAll(output.ReadAsync(process.StandardOutput), error.ReadAsync(process.StandardError));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            await reading;
            cancellation.ThrowIfCancellationRequested();
            throw new IOException($"'{arguments[0]}' took longer than {limit.TotalSeconds:0} s and was killed.");
        }

        await reading;
        return process.ExitCode == 0 ? output.ToString() : throw new IOException($"'{arguments[0]}' ended with status {process.ExitCode}. {error.LastLine()}");
    }
}
