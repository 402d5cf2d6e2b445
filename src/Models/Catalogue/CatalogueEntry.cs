using System.Buffers;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Catalogue;

/// <summary>A model that can be measured by name alone, with random weights of its published shape.</summary>
public sealed record CatalogueEntry
{
    private const int MaximumNameLength = 64;
    private const long MaximumParameters = 1_000_000_000_000;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    /// <summary>Name in lower case, e.g. <c>mamba-130m</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Family of the model.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>What it is, in a sentence, with what is uncertain about its dimensions.</summary>
    public required string Description { get; init; }

    /// <summary>Hugging Face repository that its configuration comes from.</summary>
    public required string Source { get; init; }

    /// <summary>Licence of the published weights (which are not used), as the repository names it.</summary>
    public required string Licence { get; init; }

    /// <summary>Published number of parameters; tied tables count once.</summary>
    public required long Parameters { get; init; }

    /// <summary>The keys of the published <c>config.json</c> that matter.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Reads an entry's JSON.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="location">Where errors point.</param>
    /// <exception cref="CheckpointException">A key is missing, unknown or wrong.</exception>
    public static CatalogueEntry Parse(ReadOnlyMemory<byte> utf8, string location)
    {
        var entry = ModelConfig.Parse(utf8, location);
        foreach (var key in entry.Keys)
        {
            if (key is not ("name" or "family" or "description" or "source" or "licence" or "parameters" or "config"))
            {
                throw entry[key].Error("no such key; known are name, family, description, source, licence, parameters and config");
            }
        }

        var name = entry["name"].Text();
        if (name.Length is 0 or > MaximumNameLength || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw entry["name"].Error($"1 to {MaximumNameLength} lower-case letters, digits, dots and hyphens");
        }

        return new CatalogueEntry
        {
            Name = name,
            Family = entry["family"].Choice(
                ("transformer", ModelFamily.Transformer), ("ssm", ModelFamily.Ssm), ("hybrid", ModelFamily.Hybrid)),
            Description = entry["description"].Text(),
            Source = entry["source"].Text(),
            Licence = entry["licence"].Text(),
            Parameters = (long)entry["parameters"].Float(1, MaximumParameters),
            Config = entry["config"].Section(),
        };
    }
}
