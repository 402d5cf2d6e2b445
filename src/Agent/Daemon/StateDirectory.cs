using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Agent.Daemon;

/// <summary>Everything that an agent keeps, in one directory that one agent at a time may use.</summary>
internal sealed class StateDirectory : IDisposable
{
    private readonly DirectoryLock ownership;

    /// <summary>Makes the directory where there is none, and takes its lock.</summary>
    /// <exception cref="IOException">Another agent has it, or it cannot be made.</exception>
    public StateDirectory(string path)
    {
        Root = Path.GetFullPath(path);
        ownership = DirectoryLock.Take(Root, "lock", "agent", "--state");
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>A path within.</summary>
    public string Of(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>The directory named, else <c>$STATE_DIRECTORY</c> (systemd), <c>$XDG_STATE_HOME/edgefleet</c> or <c>~/.local/state/edgefleet</c>.</summary>
    public static string Resolve(string? named)
    {
        if (!string.IsNullOrEmpty(named)) return named;
        if (Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } given) return given.Split(':')[0];
        return Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } home
            ? Path.Combine(home, "edgefleet")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "edgefleet");
    }

    public void Dispose() => ownership.Dispose();
}
