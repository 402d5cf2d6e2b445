namespace EdgeFleet.Agent.Output;

/// <summary>Share of one operator class in one phase, from a pass of its own.</summary>
/// <param name="Phase"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Class">Operator class of docs/measurement.md.</param>
/// <param name="Share">0 to 1.</param>
/// <param name="Milliseconds">Time of the class in one pass.</param>
internal sealed record OperatorShareRow(string Phase, string Class, double Share, double Milliseconds);
