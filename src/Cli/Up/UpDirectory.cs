using System.Globalization;
using EdgeFleet.Cli.Output;
using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Cli.Up;

/// <summary>The data directory of <c>up</c>, locked for as long as this lives.</summary>
internal sealed class UpDirectory : IDisposable
{
    private const long LeastBytes = 16 << 20;

    private readonly DirectoryLock ownership;

    private UpDirectory(string root, DirectoryLock ownership)
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
        var ownership = DirectoryLock.Take(root, "up.lock", "'edgefleet up'", "--data");

        // On a full disk the programs could not even say why they end.
        if (new DriveInfo(root).AvailableFreeSpace is var free && free < LeastBytes)
        {
            ownership.Dispose();
            throw new IOException($"{root} cannot be used (there are {Show.Bytes(free)} free; at least {Show.Bytes(LeastBytes)} are needed). Make room, or give another directory with --data DIR.");
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
}
