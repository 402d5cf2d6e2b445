using EdgeFleet.Measurement.Roofline;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Agent.Bench;

/// <summary>What a manifest says a model costs, in the terms of the roofline.</summary>
internal static class CostMapping
{
    public static ModelCost Cost(this ArtifactManifest manifest) => new()
    {
        WeightBytesPerStep = manifest.Cost.WeightBytesPerStep,
        FlopPerToken = manifest.Cost.FlopPerToken,
        HeadFlop = manifest.Cost.HeadFlop,
        AttentionFlopPerPair = manifest.Cost.AttentionFlopPerPair,
        Windows = [.. manifest.Cost.Windows.Select(window => new WindowCost(window.Window, window.FlopPerPair))],
        KvBytesPerToken = Bytes(manifest, StateKind.Kv, 1),
        RecurrentBytes = Bytes(manifest, StateKind.Recurrent, 0),
        ConvolutionBytes = Bytes(manifest, StateKind.Convolution, 0),
    };

    /// <summary>What weights and state need at least.</summary>
    public static long NeededBytes(this ArtifactManifest manifest, uint batch, long tokens) =>
        manifest.Files.Sum(file => file.Bytes) + manifest.States.Sum(state => state.Bytes((int)batch, tokens));

    private static long Bytes(ArtifactManifest manifest, StateKind kind, long capacity) =>
        manifest.States.Where(state => state.Kind == kind).Sum(state => state.Bytes(1, capacity));
}
