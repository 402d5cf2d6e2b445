namespace EdgeFleet.Measurement.Answers;

/// <summary>Share of an operator class in a phase.</summary>
/// <param name="Phase"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Class">Operator class of docs/measurement.md.</param>
/// <param name="Share">0 to 1.</param>
public sealed record ClassShare(string Phase, string Class, double Share);
