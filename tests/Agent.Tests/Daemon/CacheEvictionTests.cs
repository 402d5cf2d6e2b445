using EdgeFleet.Agent.Artifacts;
using Xunit;

namespace EdgeFleet.Agent.Tests.Daemon;

public sealed class CacheEvictionTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly string root = Directory.CreateTempSubdirectory("cache").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void The_least_recently_used_goes_first_and_only_as_much_as_is_needed()
    {
        Make("new", 40, 3);
        Make("old", 40, 1);
        Make("middle", 40, 2);
        var (removed, bytes) = new CacheEviction(root, 120).MakeRoom(30);
        Assert.Equal(["old"], removed);
        Assert.Equal(80, bytes);
        Assert.Equal(["middle", "new"], Names());
        Assert.Empty(new CacheEviction(root, 120).MakeRoom(40).Removed);
    }

    [Fact]
    public void One_in_use_stays_whatever_the_bound()
    {
        var used = Make("used", 40, 1);
        Make("other", 40, 2);
        using (ArtifactLease.Take(used, TestContext.Current.CancellationToken))
        using (ArtifactLease.Take(used, TestContext.Current.CancellationToken))
        {
            Assert.Equal(["other"], new CacheEviction(root, 10).MakeRoom(0).Removed);
            Assert.Equal(["used"], Names());
        }

        Assert.Equal(["used"], new CacheEviction(root, 10).MakeRoom(0).Removed);
        Assert.Empty(Names());
    }

    [Fact]
    public void Downloads_under_way_and_manifests_of_foreign_decoders_are_no_artifacts()
    {
        Make(".abc.incoming", 40, 1);
        Make(".half-removed.evicted", 40, 1);
        Make("foreign", 40, 1);
        Assert.Empty(new CacheEviction(root, 0).MakeRoom(0).Removed);
        Assert.Equal([".abc.incoming", "foreign"], Names());
    }

    private IEnumerable<string> Names() => Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private string Make(string name, int bytes, int hour)
    {
        var path = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        File.WriteAllBytes(Path.Combine(path, "model.onnx"), new byte[bytes]);
        CacheEviction.Touch(path, Noon.AddHours(hour));
        return path;
    }
}
