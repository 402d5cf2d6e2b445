using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Inference.Tests;

/// <summary>The runtime that tests run on: the bundled one, or the pack that <c>EDGEFLEET_RUNTIME_PACK</c> names.</summary>
internal static class TestPack
{
    public static RuntimePack Current { get; } = Environment.GetEnvironmentVariable("EDGEFLEET_RUNTIME_PACK") is { Length: > 0 } directory
        ? RuntimePack.Open(directory, new SessionHashMemory(), CancellationToken.None)
        : RuntimePack.Bundled();
}
