using EdgeFleet.Measurement.Comparisons;

namespace EdgeFleet.Measurement.Answers;

/// <summary>A candidate's place.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Summary">Its samples.</param>
/// <param name="OverBest">Its median over the best's; 1 for the best.</param>
/// <param name="AgainstBest">The verdict on it against the best; null for the best itself.</param>
public sealed record Place(Candidate Candidate, Statistics.Summary Summary, double OverBest, Verdict? AgainstBest);
