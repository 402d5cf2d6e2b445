namespace EdgeFleet.Models.Tests;

/// <summary>The real checkpoints that the repository carries.</summary>
internal static class Fixtures
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Root).Where(path => File.Exists(Path.Combine(path, "config.json"))).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public static string Checkpoint(string name) => Path.Combine(Root, name);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "tests", "Fixtures");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException($"No tests/Fixtures above {AppContext.BaseDirectory}.");
    }
}
