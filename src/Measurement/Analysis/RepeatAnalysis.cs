using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>Compares the spread between the repeats of a scenario with that of the noise reference between them (docs/measurement.md, noise reference).</summary>
public static class RepeatAnalysis
{
    private const int Fewest = 3;

    /// <summary>What is to be said of the repeats together; null where all is well, or where there are too few to tell.</summary>
    /// <param name="repeatsNs">One time per repeat: its median TPOT, or TTFT without a decode.</param>
    /// <param name="referenceNs">One time per repeat, too: the median round of the noise reference around it. Rounds on their own vary more than medians do, and would allow too much.</param>
    public static RunObservation? Of(IReadOnlyCollection<double> repeatsNs, IReadOnlyCollection<double> referenceNs)
    {
        if (repeatsNs.Count < Fewest || referenceNs.Count < Fewest) return null;
        var own = Summary.Of([.. repeatsNs])!.CoefficientOfVariation ?? 0;
        var reference = Summary.Of([.. referenceNs])!.CoefficientOfVariation ?? 0;
        return own <= reference + NoiseComparison.Excess ? null : new RunObservation(
            FindingCodes.NoisierThanMachine,
            string.Create(CultureInfo.InvariantCulture, $"The repeats varied by {own:P1}, a fixed loop over memory around each of them by only {reference:P1}."));
    }
}
