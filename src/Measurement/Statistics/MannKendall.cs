namespace EdgeFleet.Measurement.Statistics;

/// <summary>Mann-Kendall test for a trend (Mann 1945; Kendall 1975), with the exact distribution for short series.</summary>
public static class MannKendall
{
    /// <summary>Longest series: the exact distribution is computed, not approximated.</summary>
    public const int MaximumLength = 64;

    /// <summary>
    /// Probability that a series without a trend falls at least as consistently as this one (one-sided). A tie counts as half of a fall,
    /// as in Kendall's S, so that a constant series is as likely as not.
    /// </summary>
    /// <param name="series">1 to <see cref="MaximumLength"/> values in order of time.</param>
    /// <returns>1 for a series that only rises, small for one that keeps falling: 1 / n! for a strictly falling one.</returns>
    public static double ProbabilityOfFall(ReadOnlySpan<double> series)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(series.Length, MaximumLength);
        var halves = 0;
        for (var i = 0; i < series.Length; i++)
        {
            for (var j = i + 1; j < series.Length; j++) halves += series[j] < series[i] ? 2 : series[j] == series[i] ? 1 : 0;
        }

        return ProbabilityOfInversions(series.Length, halves / 2);
    }

    /// <summary>P(inversions of a random permutation of n >= k), from the Mahonian numbers.</summary>
    private static double ProbabilityOfInversions(int n, int k)
    {
        // distribution[i]: probability of i inversions among the first m values; the m-th adds 0 .. m - 1 of them, each equally likely.
        double[] distribution = [1];
        for (var m = 2; m <= n; m++)
        {
            var next = new double[distribution.Length + m - 1];
            for (var i = 0; i < distribution.Length; i++)
            {
                for (var added = 0; added < m; added++) next[i + added] += distribution[i] / m;
            }

            distribution = next;
        }

        double sum = 0;
        for (var i = distribution.Length - 1; i >= k; i--) sum += distribution[i];
        return Math.Min(1, sum);
    }
}
