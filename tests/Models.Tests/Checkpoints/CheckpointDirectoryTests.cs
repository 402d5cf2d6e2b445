using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using Xunit;

namespace EdgeFleet.Models.Tests.Checkpoints;

public sealed class CheckpointDirectoryTests
{
    public static TheoryData<string> FixtureNames => [.. Fixtures.Names];

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public void A_real_checkpoint_opens(string fixture)
    {
        using var checkpoint = CheckpointDirectory.Open(Fixtures.Checkpoint(fixture));
        Assert.Equal(fixture, checkpoint.Config["model_type"].Text());
        Assert.NotEmpty(checkpoint.Weights.Names);
        var provenance = checkpoint.Provenance(new FileHasher(new SessionHashMemory()), TestContext.Current.CancellationToken);
        Assert.Equal("checkpoint", provenance.Source);
        Assert.Equal(["config.json", "model.safetensors"], provenance.Hashes.Keys);
        Assert.All(provenance.Hashes.Values, hash => Assert.Equal(64, hash.Length));
    }

    [Fact]
    public void An_index_is_used_when_there_is_no_single_file()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", """{"model_type":"llama"}""");
        directory.Write("a.safetensors", new SafetensorsBuilder().AddFloats("x", [1], [1]).Build());
        directory.Write("model.safetensors.index.json", """{"weight_map":{"x":"a.safetensors"}}""");
        using var checkpoint = CheckpointDirectory.Open(directory.Path);
        Assert.Equal(["x"], checkpoint.Weights.Names);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "convert them")]
    [InlineData("model.gguf", "convert them")]
    [InlineData("README.md", "Download the weights")]
    public void Missing_weights_say_what_is_there_instead_and_what_to_do(string other, string remedy)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", "{}");
        directory.Write(other, "");
        var error = Assert.Throws<CheckpointException>(() => CheckpointDirectory.Open(directory.Path));
        Assert.Contains("neither model.safetensors nor model.safetensors.index.json", error.What, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_config_is_named()
    {
        using var directory = new TemporaryDirectory();
        var error = Assert.Throws<CheckpointException>(() => CheckpointDirectory.Open(directory.Path));
        Assert.EndsWith("config.json", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_directory_is_named() =>
        Assert.Equal("/nowhere/at/all", Assert.Throws<CheckpointException>(() => CheckpointDirectory.Open("/nowhere/at/all/")).Where);
}
