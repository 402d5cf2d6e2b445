using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>Timed iterations keep getting faster or slower: the warm-up was too short, or the machine heats up.</summary>
public sealed class TrendAnalyser : IRunAnalyser
{
    private const double Significance = 0.05;
    private const double Negligible = 0.02;
    private const int Fewest = 5;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples) => Trend("TTFT", samples.TimeToFirstTokenNs.AsSpan()) ?? Trend("TPOT", samples.TimePerOutputTokenNs.AsSpan());

    /// <summary>No more values than the test takes: where there are more, means of neighbours.</summary>
    private static ReadOnlySpan<double> Shortened(ReadOnlySpan<double> times)
    {
        if (times.Length <= MannKendall.MaximumLength) return times;
        var means = new double[MannKendall.MaximumLength];
        for (var i = 0; i < means.Length; i++)
        {
            var (from, to) = (i * times.Length / means.Length, (i + 1) * times.Length / means.Length);
            foreach (var time in times[from..to]) means[i] += time / (to - from);
        }

        return means;
    }

    private static RunObservation? Trend(string what, ReadOnlySpan<double> times)
    {
        if (times.Length < Fewest) return null;
        var series = Shortened(times);
        var change = (series[^1] / series[0]) - 1;
        if (Math.Abs(change) < Negligible) return null;

        // Two-sided: each direction at half of the significance.
        var probability = change < 0 ? MannKendall.ProbabilityOfFall(series) : MannKendall.ProbabilityOfFall([.. series.ToArray().Select(time => -time)]);
        return probability > Significance / 2 ? null : new RunObservation(
            FindingCodes.TrendLeft, string.Create(CultureInfo.InvariantCulture, $"{what} still {(change < 0 ? "fell" : "rose")} by {Math.Abs(change):P0} over the timed iterations."));
    }
}
