namespace EdgeFleet.Measurement.Roofline;

/// <summary>Attention of the layers that share a window.</summary>
/// <param name="Window">Tokens that a query sees, itself included.</param>
/// <param name="FlopPerPair">FLOP per pair.</param>
public sealed record WindowCost(int Window, long FlopPerPair);
