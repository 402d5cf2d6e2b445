namespace EdgeFleet.Agent.Output;

/// <summary>Time of one operator type in one phase, from a pass of its own.</summary>
/// <param name="Phase"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Operator">Type with its domain.</param>
/// <param name="Class">Operator class of docs/measurement.md.</param>
/// <param name="PaperClass">Class of arXiv 2507.12442, for side-by-side tables.</param>
/// <param name="Nodes">Nodes of the type.</param>
/// <param name="Count">Executions.</param>
/// <param name="Milliseconds">Time of all executions.</param>
/// <param name="Share">Of all operators' time in the phase, 0 to 1.</param>
/// <param name="Shapes">Input shapes of the node that took longest.</param>
internal sealed record OperatorTypeRow(
    string Phase, string Operator, string Class, string PaperClass, int Nodes, long Count, double Milliseconds, double Share, string Shapes);
