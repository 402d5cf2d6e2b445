namespace EdgeFleet.Models.Artifacts;

/// <summary>Attention cost of the layers that share a window.</summary>
/// <param name="Window">Tokens that a query sees, itself included.</param>
/// <param name="FlopPerPair">FLOP per (query, key) pair.</param>
public sealed record WindowCostManifest(int Window, long FlopPerPair);
