namespace EdgeFleet.Measurement.Analysis;

/// <summary>Rounds of a fixed loop over memory right before and right after a run (docs/measurement.md, noise reference).</summary>
/// <param name="BeforeNs">Rounds before the run, in order.</param>
/// <param name="AfterNs">Rounds after it, in order.</param>
public sealed record NoiseRounds(IReadOnlyList<double> BeforeNs, IReadOnlyList<double> AfterNs)
{
    /// <summary>All of them.</summary>
    public IEnumerable<double> All => BeforeNs.Concat(AfterNs);

    /// <summary>Sum of the shorter side: the longest span that both sides can tell of.</summary>
    public double ShorterSideNs => Math.Min(BeforeNs.Sum(), AfterNs.Sum());
}
