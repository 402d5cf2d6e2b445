namespace EdgeFleet.Measurement.Answers;

/// <summary>A part of the peak memory, as measured.</summary>
/// <param name="Kind"><c>weights</c>, <c>kv</c>, <c>recurrent</c>, <c>convolution</c>, <c>activations</c> or <c>runtime</c>.</param>
/// <param name="Bytes">Its size; 0 or more.</param>
public sealed record MemoryPart(string Kind, double Bytes);
