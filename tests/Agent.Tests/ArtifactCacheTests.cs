using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Commands;
using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class ArtifactCacheTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void What_is_obtained_is_in_use_until_it_is_disposed_of()
    {
        string artifact;
        using (var first = Obtain())
        using (Obtain())
        {
            artifact = first.Artifact.Directory;
            Assert.False(ArtifactLease.TryRemove(artifact));
        }

        Assert.True(ArtifactLease.TryRemove(artifact));
        Assert.False(Directory.Exists(artifact));
        using var again = Obtain();
        Assert.Equal(artifact, again.Artifact.Directory);
    }

    [Fact]
    public void An_artifact_of_another_build_is_replaced_once_nobody_uses_it()
    {
        string mine;
        using (var obtained = Obtain()) mine = obtained.Artifact.Directory;

        // The last part of the name is the build's.
        var others = mine[..(mine.LastIndexOf('-') + 1)] + "0123456789ab";
        Directory.Move(mine, others);
        using (ArtifactLease.Take(others, TestContext.Current.CancellationToken))
        using (Obtain())
        {
            Assert.True(Directory.Exists(others));
            Assert.True(Directory.Exists(mine));
        }

        Directory.Delete(mine, recursive: true);
        using (Obtain()) Assert.Equal([mine], Directory.GetDirectories(Path.GetDirectoryName(mine)!));
    }

    private ReadyArtifact Obtain() => new ArtifactCache(directory).Obtain(
        ModelOptions.Locate(Fixture.Checkpoint("llama")), ExportTarget.Cpu, ExportPrecision.Float32, new Progress<ExportProgress>(), TestContext.Current.CancellationToken);
}
