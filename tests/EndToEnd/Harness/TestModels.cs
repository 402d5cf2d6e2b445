using System.Text.Json.Nodes;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>Models of tests/Fixtures as catalogue entries: a Transformer, an SSM and a hybrid of some hundred kilobytes.</summary>
internal static class TestModels
{
    /// <summary>The models.</summary>
    public static readonly (string Name, string Family, string Fixture)[] All =
        [("tiny-llama", "transformer", "llama"), ("tiny-mamba", "ssm", "mamba"), ("tiny-falcon-h1", "hybrid", "falcon_h1")];

    /// <summary>Writes the entries into a directory below another.</summary>
    /// <returns>The directory, for <c>--models</c>.</returns>
    public static async Task<string> WriteAsync(string root)
    {
        var models = Directory.CreateDirectory(Path.Combine(root, "models")).FullName;
        foreach (var (name, family, fixture) in All)
        {
            var entry = new JsonObject
            {
                ["name"] = name, ["family"] = family, ["description"] = "Tiny, for tests.", ["source"] = "edgefleet/" + name, ["licence"] = "none", ["parameters"] = 100_000,
                ["config"] = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Programs.Repository, "tests", "Fixtures", fixture, "config.json"))),
            };
            await File.WriteAllTextAsync(Path.Combine(models, name + ".json"), entry.ToJsonString());
        }

        return models;
    }
}
