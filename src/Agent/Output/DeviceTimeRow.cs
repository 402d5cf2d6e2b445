namespace EdgeFleet.Agent.Output;

/// <summary>How long a GPU worked in one phase, from a pass of its own (docs/measurement.md, operator classes).</summary>
/// <param name="Phase"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Runs">Runs of the session in the pass: chunks of a prefill, steps of a decode.</param>
/// <param name="BusyMilliseconds">Time in which it did anything, per prefill or step.</param>
/// <param name="RecordedGapMilliseconds">Time in which it did nothing while it was recorded, per prefill or step: recording lengthens launches.</param>
/// <param name="GapMilliseconds">Median TTFT or TPOT less the busy time; null where there is none, below 0 where the recorder lengthened kernels.</param>
internal sealed record DeviceTimeRow(
    string Phase, long Runs, double BusyMilliseconds, double RecordedGapMilliseconds, double? GapMilliseconds);
