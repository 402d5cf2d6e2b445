using EdgeFleet.Agent.Worker;

namespace EdgeFleet.Agent.Commands;

/// <summary>Where a command writes.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress and errors.</param>
/// <param name="InteractiveOut">Whether results go to a terminal.</param>
/// <param name="InteractiveError">Whether progress goes to a terminal.</param>
internal sealed record AgentConsole(TextWriter Out, TextWriter Error, bool InteractiveOut, bool InteractiveError)
{
    private const int StandardOutput = 1;

    /// <summary>Whether the program that read the results has ended.</summary>
    public static bool IsReaderGone() => Posix.ReaderIsGone(StandardOutput);

    /// <summary>The process's own.</summary>
    public static AgentConsole Process() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
}
