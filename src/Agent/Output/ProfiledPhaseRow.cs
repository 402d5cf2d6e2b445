namespace EdgeFleet.Agent.Output;

/// <summary>One phase of the profiling pass as a whole.</summary>
/// <param name="Phase"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Runs">Runs of the session: chunks of a prefill, steps of a decode.</param>
/// <param name="Executions">Executions of nodes.</param>
/// <param name="RunMilliseconds">All runs under the profiler, from end to end.</param>
/// <param name="NodeMilliseconds">Time within nodes.</param>
/// <param name="OverheadMicrosecondsPerNode">What profiling added to each executed node.</param>
internal sealed record ProfiledPhaseRow(string Phase, long Runs, long Executions, double RunMilliseconds, double NodeMilliseconds, double OverheadMicrosecondsPerNode);
