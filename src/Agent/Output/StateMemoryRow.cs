namespace EdgeFleet.Agent.Output;

/// <summary>Memory of one kind of state.</summary>
/// <param name="Kind"><c>kv</c>, <c>recurrent</c> or <c>convolution</c>.</param>
/// <param name="ComputedBytes">From the manifest.</param>
/// <param name="AllocatedBytes">As it was allocated.</param>
internal sealed record StateMemoryRow(string Kind, double ComputedBytes, double AllocatedBytes);
