using System.Globalization;
using EdgeFleet.Measurement.Findings;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>So little was timed that a single interruption by the system shows.</summary>
public sealed class TooShortAnalyser : IRunAnalyser
{
    private const double LeastNs = 20e6;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples) => samples.TotalNs >= LeastNs ? null : new RunObservation(
        FindingCodes.TooShort,
        string.Create(CultureInfo.InvariantCulture, $"Only {samples.TotalNs / 1e6:0.###} ms were timed, less than {LeastNs / 1e6:0} ms: raise --iterations, --decode or --context."));
}
