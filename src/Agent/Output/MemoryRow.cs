namespace EdgeFleet.Agent.Output;

/// <summary>Memory of a scenario, the median over repeats of each part.</summary>
/// <param name="PeakBytes">High-water mark of the memory pass.</param>
/// <param name="WeightsBytes">Size of the artifact's weights.</param>
/// <param name="BaselineBytes">Resident after a one-token run.</param>
/// <param name="ActivationsBytes">Peak - baseline - added state.</param>
/// <param name="LoadTransientBytes">What loading needed beyond what stayed.</param>
/// <param name="Source">How it was measured.</param>
internal sealed record MemoryRow(
    double PeakBytes, double WeightsBytes, double BaselineBytes, double ActivationsBytes, double LoadTransientBytes, string Source);
