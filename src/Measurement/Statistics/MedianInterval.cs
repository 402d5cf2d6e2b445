namespace EdgeFleet.Measurement.Statistics;

/// <summary>
/// 95 % interval of a median from the order statistics, interpolated between the two pairs whose exact confidence lies around 95 % (Hettmansperger and Sheather,
/// Statistics and Probability Letters 4, 1986). It assumes nothing of the distribution. A bootstrap of the median, simpler to state, covers only about 92 % with 8 samples.
/// </summary>
public static class MedianInterval
{
    private const double Confidence = 0.95;

    /// <summary>The interval.</summary>
    /// <param name="sorted">At least <see cref="Summary.FewestForInterval"/> samples in ascending order.</param>
    public static Interval Of(ReadOnlySpan<double> sorted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sorted.Length, Summary.FewestForInterval);
        var n = sorted.Length;

        // The k-th smallest and k-th largest hold the median with probability 1 - 2 P(B < k), B binomial with n trials of one half.
        var k = 1;
        var probability = Math.Pow(0.5, n);
        var below = probability;
        var confidence = 1 - (2 * below);
        while (true)
        {
            probability *= (n - k + 1.0) / k;
            var next = 1 - (2 * (below + probability));
            if (next < Confidence)
            {
                var share = (confidence - Confidence) / (confidence - next);
                var weight = (n - k) * share / (k + ((n - (2 * k)) * share));
                return new Interval(Between(sorted[k - 1], sorted[k], weight), Between(sorted[n - k], sorted[n - k - 1], weight));
            }

            below += probability;
            confidence = next;
            k++;
        }
    }

    private static double Between(double outer, double inner, double weight) => outer + (weight * (inner - outer));
}
