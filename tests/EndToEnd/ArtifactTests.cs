using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace EdgeFleet.EndToEnd;

[Collection(SharedFleetTests.Name)]
public sealed class ArtifactTests(SharedFleet shared)
{
    private const int ChunkBytes = 256 << 10;

    [Fact]
    public async Task A_registered_checkpoint_is_fetched_from_where_an_earlier_download_stopped_and_a_damaged_one_anew()
    {
        var fleet = shared.Fleet;
        var exported = Path.Combine(fleet.Root, "exported");
        using (var export = new TestProcess(Programs.Agent, "export", Path.Combine(Programs.Repository, "tests", "Fixtures", "qwen2"), "--precision", "fp32", "--output", exported))
        {
            Assert.True(await export.ExitAsync() == 0, export.Text);
        }

        var artifact = Artifact.Open(exported);
        await RegisterAsync(fleet, artifact);
        var agent = fleet.Agent("fetching");
        await agent.ConnectAsync();
        var cache = Path.Combine(agent.State, "cache", "artifacts");
        var incoming = Directory.CreateDirectory(Path.Combine(cache, $".{artifact.Id}.incoming")).FullName;
        var largest = artifact.Manifest.Files.MaxBy(file => file.Bytes)!;
        var half = (await File.ReadAllBytesAsync(Path.Combine(exported, largest.Path)))[..(int)(largest.Bytes / 2)];
        await File.WriteAllBytesAsync(Path.Combine(incoming, largest.Path), half);

        var definition = TestFleet.Sweep("name=fetching", "8", 1, artifact.Id);
        var first = await fleet.Collector.LaunchAsync(definition);
        await fleet.AssertCompletedAsync(first, 1);
        var run = Assert.Single(await fleet.Collector.RunsAsync(first));
        Assert.Equal((artifact.Id, "checkpoint"), (run.Scenario.ArtifactId, run.Scenario.Weights));
        foreach (var file in artifact.Manifest.Files)
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(exported, file.Path)), await File.ReadAllBytesAsync(Path.Combine(cache, artifact.Id, file.Path)));
        }

        // A bit that fell over on the disk is noticed before the next run, and the file is fetched again.
        var damaged = Path.Combine(cache, artifact.Id, largest.Path);
        await using (var file = File.OpenWrite(damaged)) file.WriteByte(255);
        await fleet.AssertCompletedAsync(await fleet.Collector.LaunchAsync(definition), 1);
        await agent.Process.SaysAsync("is damaged and is fetched again");
        await fleet.AccountedAsync(agent);
    }

    private static async Task RegisterAsync(TestFleet fleet, Artifact artifact)
    {
        var client = fleet.Collector.Client.Artifacts;
        var status = await client.RegisterAsync(new RegisterArtifactRequest { ManifestJson = ByteString.CopyFrom(ArtifactJson.Canonical(artifact.Manifest)) });
        Assert.Equal(artifact.Id, status.ArtifactId);
        foreach (var file in status.Files)
        {
            var bytes = await File.ReadAllBytesAsync(Path.Combine(artifact.Directory, file.Name));
            using var upload = client.Upload();
            for (var offset = 0; offset < bytes.Length; offset += ChunkBytes)
            {
                await upload.RequestStream.WriteAsync(new UploadFileChunk
                {
                    Sha256 = file.Sha256, OffsetBytes = (ulong)offset, Data = ByteString.CopyFrom(bytes, offset, Math.Min(ChunkBytes, bytes.Length - offset)),
                });
            }

            await upload.RequestStream.CompleteAsync();
            await foreach (var ack in upload.ResponseStream.ReadAllAsync())
            {
                if (ack.Complete) break;
            }
        }
    }
}
