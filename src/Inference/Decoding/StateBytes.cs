using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Memory of the states of one kind.</summary>
/// <param name="Kind">Kind of state.</param>
/// <param name="Needed">Bytes for the scenario's own length.</param>
/// <param name="Allocated">Bytes that were allocated: more with a rounded capacity, twice as much for states that are appended to.</param>
public sealed record StateBytes(StateKind Kind, long Needed, long Allocated);
