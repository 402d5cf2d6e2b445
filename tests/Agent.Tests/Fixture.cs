namespace EdgeFleet.Agent.Tests;

/// <summary>The checkpoints of tests/Fixtures.</summary>
internal static class Fixture
{
    public static string Root { get; } = Find();

    public static string Checkpoint(string name) => Path.Combine(Root, name);

    private static string Find()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory.TrimEnd('/')))
        {
            var fixtures = Path.Combine(directory, "tests", "Fixtures");
            if (Directory.Exists(fixtures)) return fixtures;
        }

        throw new DirectoryNotFoundException("tests/Fixtures was not found above the test program.");
    }
}
