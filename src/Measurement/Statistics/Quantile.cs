namespace EdgeFleet.Measurement.Statistics;

/// <summary>Order statistics of samples.</summary>
public static class Quantile
{
    /// <summary>Quantile by linear interpolation of the order statistics (type 7 of Hyndman &amp; Fan 1996, as NumPy's default).</summary>
    /// <param name="samples">At least one finite sample, in any order.</param>
    /// <param name="probability">0 to 1.</param>
    public static double Of(ReadOnlySpan<double> samples, double probability)
    {
        var sorted = samples.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted, probability);
    }

    /// <summary>The median.</summary>
    public static double Median(ReadOnlySpan<double> samples) => Of(samples, 0.5);

    internal static double OfSorted(ReadOnlySpan<double> sorted, double probability)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(probability, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        var position = probability * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
