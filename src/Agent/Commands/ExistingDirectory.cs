namespace EdgeFleet.Agent.Commands;

/// <summary>Directories that options name and that must be there.</summary>
internal static class ExistingDirectory
{
    /// <summary>The directory; null of null.</summary>
    /// <param name="option">Names the option in errors.</param>
    /// <param name="path">What was given.</param>
    /// <exception cref="UsageException">There is no such directory.</exception>
    public static string? Of(string option, string? path) => path is null || Directory.Exists(path) ? path : throw new UsageException($"{option} '{path}' is no directory.");
}
