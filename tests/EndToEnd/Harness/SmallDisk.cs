using System.Diagnostics;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A real file system of a few kilobytes, which can be filled.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string path;

    private SmallDisk(string path) => this.path = path;

    /// <summary>Mounts a tmpfs; null where that is not permitted.</summary>
    public static SmallDisk? Mount(string path, string size) => Run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", path) ? new SmallDisk(path) : null;

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose() => Run("umount", "-l", path);

    private string Filler => Path.Combine(path, "filler");

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
