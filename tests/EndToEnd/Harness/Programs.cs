namespace EdgeFleet.EndToEnd.Harness;

/// <summary>The programs under test, as the build left them.</summary>
internal static class Programs
{
    /// <summary>Top of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The agent.</summary>
    public static string Agent { get; } = Path.Combine(AppContext.BaseDirectory, "edgefleet-agent");

    /// <summary>The collector.</summary>
    public static string Collector { get; } = Output("src/Collector", "edgefleet-collector");

    /// <summary>The command line.</summary>
    public static string CommandLine { get; } = Output("src/Cli", "edgefleet");

    /// <summary>An agent that knows the frozen contract alone.</summary>
    public static string FrozenPeer { get; } = Output("tests/FrozenPeer", "edgefleet-frozen-peer");

    // Of the same configuration and framework as these tests: tests/EndToEnd/bin/CONFIGURATION/FRAMEWORK/.
    private static string Output(string project, string program)
    {
        var framework = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        return Path.Combine(Repository, project, "bin", Path.GetFileName(Path.GetDirectoryName(framework)!), Path.GetFileName(framework), program);
    }

    private static string FindRepository()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory.TrimEnd('/')))
        {
            if (File.Exists(Path.Combine(directory, "EdgeFleet.sln"))) return directory;
        }

        throw new DirectoryNotFoundException("EdgeFleet.sln was not found above the test program.");
    }
}
