using System.CommandLine;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Measurement.Axes;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Agent.Commands;

/// <summary>Runs a command's body and turns what can go wrong from outside into a message and an exit status.</summary>
internal static class GuardedAction
{
    /// <summary>Sets a command's action.</summary>
    /// <param name="command">The command.</param>
    /// <param name="console">Where errors go.</param>
    /// <param name="inputFailure">Exit status for input that is not as it must be: most commands fail, some take it as wrong usage.</param>
    /// <param name="body">What to do; answers the exit status.</param>
    public static void SetGuardedAction(
        this Command command, AgentConsole console, int inputFailure, Func<ParseResult, CancellationToken, Task<int>> body) =>
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await body(parsed, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                await console.Error.WriteLineAsync("Interrupted.");
                return ExitStatus.Interrupted;
            }
            catch (Exception exception) when (exception is UsageException or AxisFormatException or SweepTooLargeException)
            {
                await console.Error.WriteLineAsync($"error: {exception.Message}");
                return ExitStatus.Usage;
            }
            catch (Exception exception) when (exception is CheckpointException or InvalidDataException or IOException or UnauthorizedAccessException
                or RuntimeLoadException or OnnxRuntimeException or DecoderException or NonFiniteLogitsException)
            {
                await console.Error.WriteLineAsync($"error: {exception.Message}");
                return inputFailure;
            }
        });
}
