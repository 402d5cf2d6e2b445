using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>Compares a run's spread with that of a fixed loop over memory which ran right before and after it (docs/measurement.md, noise reference).</summary>
/// <param name="beforeNs">Rounds of the loop before the run.</param>
/// <param name="afterNs">Rounds after it.</param>
public sealed class NoiseAnalyser(IReadOnlyList<double> beforeNs, IReadOnlyList<double> afterNs) : IRunAnalyser
{
    private const double NoisyMachine = 0.05;
    private const double Shift = 0.1;
    private const double Excess = 0.01;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples)
    {
        if (Spread([.. beforeNs, .. afterNs]) is not { } reference) return null;
        var shift = (Quantile.Median([.. afterNs]) / Quantile.Median([.. beforeNs])) - 1;
        if (reference > NoisyMachine || Math.Abs(shift) > Shift)
        {
            return new RunObservation(
                FindingCodes.MachineNoisy,
                string.Create(CultureInfo.InvariantCulture, $"A fixed loop over memory varied by {reference:P1} around this run and changed by {shift:P1} over it: something else used the machine, or its clocks changed."));
        }

        var spread = Spread(samples.TimePerOutputTokenNs) ?? Spread(samples.TimeToFirstTokenNs);
        return spread is not { } own || own <= reference + Excess ? null : new RunObservation(
            FindingCodes.NoisierThanMachine,
            string.Create(CultureInfo.InvariantCulture, $"The iterations varied by {own:P1}, a fixed loop over memory around them by only {reference:P1}."));
    }

    private static double? Spread(IReadOnlyCollection<double> values) => values.Count < 2 ? null : Summary.Of([.. values])!.CoefficientOfVariation;
}
