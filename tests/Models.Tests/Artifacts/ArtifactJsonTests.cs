using System.Collections.Immutable;
using System.Text;
using EdgeFleet.Models.Artifacts;
using Xunit;

namespace EdgeFleet.Models.Tests.Artifacts;

public sealed class ArtifactJsonTests
{
    private static ArtifactManifest Sample => new()
    {
        Schema = 1,
        Name = "tiny",
        Architecture = "llama",
        Family = ModelFamily.Ssm,
        Target = "cpu",
        Precision = new("fp32", "float32", "float32", "float32"),
        Weights = new("random", 7, ImmutableSortedDictionary<string, string>.Empty),
        Parameters = 10,
        Vocabulary = 32,
        Layers = 1,
        Hidden = 8,
        TrainedContext = null,
        PositionLimit = null,
        Inputs = [new("input_ids", InputRole.TokenIds, "int64")],
        LogitsOutput = "logits",
        Rotary = [new("cos", "sin", 4, 1e4, new() { Type = "longrope", ShortFactors = [1, 1.5] })],
        States = [new(0, StateKind.Kv, "past", "present", "float32", [StateManifest.Batch, 2, StateManifest.Capacity, 4], StateUpdate.InPlace)],
        Routes = [],
        Cost = new(1, 2, 3, 4, []),
        MinimumOperatorVersion = 1,
        Exporter = "test",
        Tokens = new(null, [2]),
        Files = [],
    };

    [Fact]
    public void A_manifest_survives_a_round_trip_in_both_forms()
    {
        var canonical = ArtifactJson.Canonical(Sample);

        Assert.Equal(canonical, ArtifactJson.Canonical(ArtifactJson.Parse(canonical, "test")));
        Assert.Equal(canonical, ArtifactJson.Canonical(ArtifactJson.Parse(ArtifactJson.Document(Sample), "test")));
        Assert.Contains("\"family\":\"ssm\"", Encoding.UTF8.GetString(canonical), StringComparison.Ordinal);
        Assert.Contains("\"role\":\"token_ids\"", Encoding.UTF8.GetString(canonical), StringComparison.Ordinal);
    }

    [Fact]
    public void The_identity_changes_with_any_member() =>
        Assert.NotEqual(ArtifactJson.Identity(Sample), ArtifactJson.Identity(Sample with { Hidden = 9 }));

    [Theory]
    [InlineData("\"schema\":1", "\"schema\":2", "schema 2")]
    [InlineData("\"schema\":1", "\"schema\":1,\"surplus\":0", "surplus")]
    [InlineData("\"name\":\"tiny\",", "", "name")]
    [InlineData("\"name\":\"tiny\"", "\"name\":null", "name")]
    [InlineData("\"family\":\"ssm\"", "\"family\":\"rnn\"", "family")]
    [InlineData("\"family\":\"ssm\"", "\"family\":1", "family")]
    [InlineData("\"states\":[", "\"states\":null,\"routes\":[", "states")]
    [InlineData("\"hidden\":8", "\"hidden\":8,\"hidden\":9", "hidden")]
    [InlineData("{\"schema\"", "[{\"schema\"", "not")]
    public void A_bad_manifest_is_refused_and_the_error_says_where(string part, string replacement, string expected)
    {
        var text = Encoding.UTF8.GetString(ArtifactJson.Canonical(Sample));
        Assert.Contains(part, text, StringComparison.Ordinal);

        var exception = Assert.Throws<InvalidDataException>(
            () => ArtifactJson.Parse(Encoding.UTF8.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal)), "dir/manifest.json"));

        Assert.Contains("dir/manifest.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
