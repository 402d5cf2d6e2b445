using EdgeFleet.Measurement.Comparisons;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Where a candidate falls below another for good.</summary>
/// <param name="Quantity">In what.</param>
/// <param name="Winner">Below from the crossover on.</param>
/// <param name="Loser">Above from there on.</param>
/// <param name="Crossover">Where.</param>
public sealed record ModelCrossover(Quantity Quantity, Candidate Winner, Candidate Loser, Crossover Crossover);
