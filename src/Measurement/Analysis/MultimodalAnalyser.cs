using System.Globalization;
using EdgeFleet.Measurement.Findings;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>
/// Times between tokens fall into two groups: the machine has two speeds (two kinds of cores, a clock that switches, a neighbour that comes and goes), and
/// a median says little. The best division into two (Otsu 1979) must explain more of the variance than it does for any single-peaked shape: 0.64 for a normal and 0.75 for a
/// uniform distribution.
/// </summary>
public sealed class MultimodalAnalyser : IRunAnalyser
{
    private const double ExplainedVariance = 0.85;
    private const double SmallestGroup = 0.1;
    private const double LeastDistance = 0.05;
    private const int Fewest = 20;

    /// <inheritdoc/>
    public RunObservation? Analyse(RunSamples samples)
    {
        if (samples.InterTokenNs.Length < Fewest) return null;
        double[] sorted = [.. samples.InterTokenNs.Order()];
        var (sum, squares) = (sorted.Sum(), sorted.Sum(time => time * time));
        var variance = (squares / sorted.Length) - (sum / sorted.Length * (sum / sorted.Length));
        if (variance <= 0) return null;

        var (best, at, low) = (0.0, 0, 0.0);
        for (var i = 0; i + 1 < sorted.Length; i++)
        {
            low += sorted[i];
            var share = (i + 1.0) / sorted.Length;
            var distance = ((sum - low) / (sorted.Length - i - 1)) - (low / (i + 1));
            if (share * (1 - share) * distance * distance <= best) continue;
            (best, at) = (share * (1 - share) * distance * distance, i + 1);
        }

        var smaller = Math.Min(at, sorted.Length - at) / (double)sorted.Length;
        var (fast, slow) = (sorted[..at].Average(), sorted[at..].Average());
        return best / variance < ExplainedVariance || smaller < SmallestGroup || slow / fast < 1 + LeastDistance ? null : new RunObservation(
            FindingCodes.Multimodal,
            string.Create(CultureInfo.InvariantCulture, $"Times between tokens have two groups: {(double)at / sorted.Length:P0} around {fast / 1e6:0.###} ms, the others around {slow / 1e6:0.###} ms."));
    }
}
