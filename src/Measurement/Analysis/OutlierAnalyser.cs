using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>Some times between tokens are far out (Tukey 1977: beyond three interquartile ranges above the third quartile): something else ran at times.</summary>
public sealed class OutlierAnalyser : IRunAnalyser
{
    private const double FarOut = 3;
    private const double ToleratedShare = 0.02;
    private const double LeastExcess = 1.2;
    private const int Fewest = 20;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples)
    {
        if (samples.InterTokenNs.Length < Fewest) return null;
        var times = samples.InterTokenNs.AsSpan();
        var (first, median, third) = (Quantile.Of(times, 0.25), Quantile.Median(times), Quantile.Of(times, 0.75));
        var fence = Math.Max(third + (FarOut * (third - first)), LeastExcess * median);
        var count = samples.InterTokenNs.Count(time => time > fence);
        return count <= ToleratedShare * times.Length ? null : new RunObservation(
            FindingCodes.Outliers,
            string.Create(CultureInfo.InvariantCulture, $"{count} of {times.Length} times between tokens are longer than {fence / 1e6:0.###} ms, far from the median of {median / 1e6:0.###} ms."));
    }
}
