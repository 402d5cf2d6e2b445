using EdgeFleet.Cli.Up;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class UpDirectoryTests
{
    [Fact]
    public void One_up_has_a_directory_at_a_time_and_its_mark_stays()
    {
        var path = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
        string mark;
        using (var first = UpDirectory.Open(path))
        {
            mark = first.Mark();
            Assert.StartsWith("Another 'edgefleet up' uses", Assert.Throws<IOException>(() => UpDirectory.Open(path)).Message, StringComparison.Ordinal);
        }

        using (var second = UpDirectory.Open(path)) Assert.Equal(mark, second.Mark());
        Directory.Delete(path, recursive: true);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_an_error_that_says_what_to_do() =>
        Assert.Contains("--data DIR", Assert.Throws<IOException>(() => UpDirectory.Open("/proc/edgefleet")).Message, StringComparison.Ordinal);

    [Fact]
    public void Secrets_are_for_their_owner_alone()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("edgefleet-test-").FullName, "secret");
        UpDirectory.WriteSecret(path, "s");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
