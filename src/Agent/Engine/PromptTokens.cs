namespace EdgeFleet.Agent.Engine;

/// <summary>Random prompts (docs/measurement.md, scenario and run): ids uniform over the vocabulary from SplitMix64.</summary>
internal static class PromptTokens
{
    /// <summary>Makes ids.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="count">Number of ids, over all sequences.</param>
    /// <param name="vocabulary">Ids are below this.</param>
    public static long[] Make(ulong seed, int count, int vocabulary)
    {
        var ids = new long[count];
        var state = seed;
        for (var i = 0; i < count; i++)
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            ids[i] = (long)Math.BigMul(z ^ (z >> 31), (ulong)vocabulary, out _);
        }

        return ids;
    }
}
