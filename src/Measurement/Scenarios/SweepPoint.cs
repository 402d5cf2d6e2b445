namespace EdgeFleet.Measurement.Scenarios;

/// <summary>One point of a sweep's numeric axes.</summary>
/// <param name="Context">Prompt tokens.</param>
/// <param name="Depth">Tokens already in the state.</param>
/// <param name="Decode">Generated tokens.</param>
/// <param name="Batch">Sequences in step.</param>
/// <param name="Threads">Threads; 0 for the device's choice.</param>
/// <param name="Chunk">Longest piece of a prefill; 0 for one piece.</param>
public sealed record SweepPoint(int Context, int Depth, int Decode, int Batch, int Threads, int Chunk);
