using EdgeFleet.Collector.Storage;

namespace EdgeFleet.Collector.Hosting;

/// <summary>The data directory, locked for as long as this lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryLock ownership;

    /// <summary>Makes the directory where there is none, and takes its lock.</summary>
    /// <exception cref="StorageException">Another collector has it, or it cannot be written.</exception>
    public DataDirectory(string path)
    {
        Root = System.IO.Path.GetFullPath(path);
        try
        {
            ownership = DirectoryLock.Take(Root, "lock", "collector", "--data");
        }
        catch (IOException error)
        {
            throw new StorageException(error.Message, error);
        }

        Directory.CreateDirectory(Incoming, OwnerOnly);
        Directory.CreateDirectory(Files, OwnerOnly);
        CollectorId = Secret("collector-id", () => Guid.NewGuid().ToString("D"));
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Identity of this directory, made once.</summary>
    public string CollectorId { get; }

    /// <summary>The database.</summary>
    public string Database => Of("edgefleet.db");

    /// <summary>Trace segments.</summary>
    public string Traces => Of("traces");

    /// <summary>Uploads that are not complete.</summary>
    public string Incoming => Of("incoming");

    /// <summary>Files of artifacts by hash.</summary>
    public string Files => Of("files");

    /// <summary>A small file that only the owner can read; made at first use.</summary>
    public string Secret(string name, Func<string> make)
    {
        var path = Of(name);
        if (!File.Exists(path)) Publish(name, make());
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Writes a small file that only the owner can read.</summary>
    public void Publish(string name, string text)
    {
        var path = Of(name);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var writer = new StreamWriter(path + ".new", options)) writer.Write(text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Gives the directory back.</summary>
    public void Dispose() => ownership.Dispose();

    private string Of(string name) => Path.Combine(Root, name);
}
