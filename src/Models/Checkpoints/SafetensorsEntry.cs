using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>A tensor of a safetensors file and its bytes, counted from the end of the header.</summary>
internal sealed record SafetensorsEntry(TensorDescription Description, long Begin, long End);
