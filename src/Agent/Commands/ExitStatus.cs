namespace EdgeFleet.Agent.Commands;

/// <summary>What the program's exit status says.</summary>
internal static class ExitStatus
{
    /// <summary>All that was asked for was done.</summary>
    public const int Success = 0;

    /// <summary>Something failed: a scenario, an export, a tolerance.</summary>
    public const int Failure = 1;

    /// <summary>The command line or its input is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
