using System.Collections.Immutable;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Cost of one token, from shapes (docs/measurement.md, roofline).</summary>
/// <param name="WeightBytesPerStep">Bytes of weights that one decode step reads, whatever the batch (the head once, one embedding row).</param>
/// <param name="FlopPerToken">FLOP of one prompt token but attention over the past and the head: 2 per weight of a projection, plus scans and convolutions.</param>
/// <param name="HeadFlop">FLOP of the head for one position.</param>
/// <param name="AttentionFlopPerPair">FLOP per (query, key) pair over all layers: 4 x heads x head size summed over layers without a window.</param>
/// <param name="Windows">Layers whose attention is limited: window in tokens, and FLOP per pair summed over the layers with that window.</param>
public sealed record CostManifest(
    long WeightBytesPerStep, long FlopPerToken, long HeadFlop, long AttentionFlopPerPair, ImmutableArray<WindowCostManifest> Windows);
