namespace EdgeFleet.Measurement.Answers;

/// <summary>How long a context a candidate was seen to complete.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Longest">Longest context that completed; null where none did.</param>
/// <param name="FirstEnd">Shortest longer context that did not; null where every one completed.</param>
/// <param name="EndedBy">Outcome and reason at <paramref name="FirstEnd"/>.</param>
public sealed record Reach(Candidate Candidate, int? Longest, int? FirstEnd, string EndedBy);
