using System.Globalization;

namespace EdgeFleet.Cli.Up;

/// <summary>The data directory of <c>up</c>, locked for as long as this lives.</summary>
internal sealed class UpDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream ownership;

    private UpDirectory(string root, FileStream ownership)
    {
        Root = root;
        this.ownership = ownership;
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>The collector's data.</summary>
    public string Collector => Path.Combine(Root, "collector");

    /// <summary>The agent's state.</summary>
    public string Agent => Path.Combine(Root, "agent");

    /// <summary>What operators are given.</summary>
    public string OperatorString => Path.Combine(Collector, "operator-string");

    /// <summary>What agents on other machines are given.</summary>
    public string JoinString => Path.Combine(Collector, "join-string");

    /// <summary>What the agent on this machine is given: the same by way of the loopback interface.</summary>
    public string LocalJoinString => Path.Combine(Root, "local-join-string");

    /// <summary>The collector's log.</summary>
    public string CollectorLog => Path.Combine(Root, "collector.log");

    /// <summary>The agent's log.</summary>
    public string AgentLog => Path.Combine(Root, "agent.log");

    /// <summary>Where it is by default: <c>edgefleet</c> in the user's data directory (<c>~/.local/share</c>).</summary>
    public static string Default => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "edgefleet");

    /// <summary>Makes the directory where there is none, and takes its lock.</summary>
    /// <exception cref="IOException">It cannot be written, or another <c>up</c> has it.</exception>
    public static UpDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        FileStream ownership;
        try
        {
            Directory.CreateDirectory(root, OwnerOnly);
            ownership = new FileStream(Path.Combine(root, "up.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new IOException($"{root} cannot be written ({error.Message}). Give another directory with --data DIR.", error);
        }
        catch (IOException error)
        {
            throw new IOException(
                File.Exists(Path.Combine(root, "up.lock")) && IsLocked(error)
                    ? $"Another 'edgefleet up' uses {root}. Stop it, or give this one a directory of its own with --data DIR."
                    : $"{root} cannot be used ({error.Message}). Give another directory with --data DIR.",
                error);
        }

        return new UpDirectory(root, ownership);
    }

    /// <summary>A label that marks the agent of this directory; made once.</summary>
    public string Mark()
    {
        var path = Path.Combine(Root, "mark");
        if (!File.Exists(path)) File.WriteAllText(path, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12]);
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Writes a file that only the owner can read.</summary>
    public static void WriteSecret(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var writer = new StreamWriter(path + ".new", options)) writer.Write(text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Gives the directory back.</summary>
    public void Dispose() => ownership.Dispose();

    // EWOULDBLOCK of flock.
    private static bool IsLocked(IOException error) => (error.HResult & 0xFFFF) is 11 or 32;
}
