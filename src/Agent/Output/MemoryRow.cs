namespace EdgeFleet.Agent.Output;

/// <summary>Memory of a scenario, the median over repeats of each part.</summary>
/// <param name="PeakBytes">High-water mark of the memory pass.</param>
/// <param name="WeightsBytes">Size of the artifact's weights.</param>
/// <param name="WeightsHeldBytes">Weights as they were held, measured.</param>
/// <param name="States">State by kind, computed and allocated.</param>
/// <param name="RuntimeBytes">Before the model was loaded: program and ONNX Runtime.</param>
/// <param name="BaselineBytes">Resident after a one-token run.</param>
/// <param name="ActivationsBytes">Peak - baseline - added state.</param>
/// <param name="LoadTransientBytes">What loading needed beyond what stayed.</param>
/// <param name="Source">How it was measured.</param>
internal sealed record MemoryRow(
    double PeakBytes, double WeightsBytes, double WeightsHeldBytes, IReadOnlyList<StateMemoryRow> States, double RuntimeBytes, double BaselineBytes, double ActivationsBytes,
    double LoadTransientBytes, string Source);
