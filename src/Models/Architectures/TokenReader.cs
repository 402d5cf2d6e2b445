using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Reads special token ids: <c>bos_token_id</c>, and <c>eos_token_id</c>, which is a number or a list.</summary>
internal static class TokenReader
{
    /// <summary>Reads the ids.</summary>
    public static TokensManifest Read(ModelConfig config)
    {
        var end = config["eos_token_id"];
        ImmutableArray<int> ends = end switch
        {
            { IsPresent: false } => [],
            { IsArray: true } => [.. end.Array(0, 256).Select(Id)],
            _ => [Id(end)],
        };
        return new TokensManifest(config["bos_token_id"].IntOrNull(0, int.MaxValue - 1), ends);
    }

    private static int Id(ConfigValue value) => value.Int(0, int.MaxValue - 1);
}
