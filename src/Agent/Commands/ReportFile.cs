namespace EdgeFleet.Agent.Commands;

/// <summary>The file of a report that is written at the end of long work.</summary>
internal static class ReportFile
{
    /// <summary>Refuses a file that cannot be written, before the work; one that is there keeps what it holds.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static void RequireWritable(string path)
    {
        try
        {
            var existed = File.Exists(path);
            using (File.Open(path, FileMode.OpenOrCreate, FileAccess.Write))
            {
                // Opening it is all that is tried.
            }

            if (!existed) File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--html '{path}' cannot be written: {exception.Message}");
        }
    }
}
