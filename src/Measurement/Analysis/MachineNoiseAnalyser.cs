using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>The machine itself was noisy: a fixed loop over memory varied around the run, or changed over it (docs/measurement.md, noise reference).</summary>
/// <param name="rounds">The loop's rounds.</param>
public sealed class MachineNoiseAnalyser(NoiseRounds rounds) : IRunAnalyser
{
    private const double NoisyMachine = 0.05;
    private const double Shift = 0.1;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples)
    {
        if (rounds.BeforeNs.Count == 0 || rounds.AfterNs.Count == 0) return null;
        var reference = Summary.Of([.. rounds.All])!.CoefficientOfVariation ?? 0;
        var shift = (Quantile.Median([.. rounds.AfterNs]) / Quantile.Median([.. rounds.BeforeNs])) - 1;
        return reference <= NoisyMachine && Math.Abs(shift) <= Shift ? null : new RunObservation(
            FindingCodes.MachineNoisy,
            string.Create(CultureInfo.InvariantCulture, $"A fixed loop over memory varied by {reference:P1} around this run and changed by {shift:P1} over it: something else used the machine, or its clocks changed."));
    }
}
