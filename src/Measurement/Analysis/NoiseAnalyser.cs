using System.Globalization;
using EdgeFleet.Measurement.Findings;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>The run varied more than the machine explains: more than a fixed loop over memory right before and after it (docs/measurement.md, noise reference).</summary>
/// <param name="rounds">The loop's rounds.</param>
public sealed class NoiseAnalyser(NoiseRounds rounds) : IRunAnalyser
{
    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples) => NoiseComparison.Of(samples, rounds) is not { Exceeds: true } seen ? null : new RunObservation(
        FindingCodes.NoisierThanMachine,
        string.Create(CultureInfo.InvariantCulture, $"The run varied by {seen.Own:P1} (iterations, or spans of {seen.SpanNs / 1e6:0} ms within them), a fixed loop over memory around it by only {seen.Reference:P1} over spans as long."));
}
