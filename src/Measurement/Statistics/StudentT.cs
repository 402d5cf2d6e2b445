using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Statistics;

/// <summary>Quantiles of Student's t distribution.</summary>
public static class StudentT
{
    // 0.975 quantiles for 1 to 30 degrees of freedom.
    private static readonly ImmutableArray<double> Quantiles =
    [
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314,
        2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
    ];

    /// <summary>The 0.975 quantile: half of the width of a 95 % interval in standard errors. Beyond 30 degrees by the first terms of its expansion (Abramowitz and Stegun 26.7.5), right to 0.001.</summary>
    /// <param name="degrees">Degrees of freedom; positive.</param>
    public static double TwoSided95(int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        const double z = 1.959964;
        const double cube = z * z * z;
        return degrees <= Quantiles.Length
            ? Quantiles[degrees - 1]
            : z + ((cube + z) / (4.0 * degrees)) + (((5 * cube * z * z) + (16 * cube) + (3 * z)) / (96.0 * degrees * degrees));
    }

    /// <summary>Half width of the 95 % interval of a mean over the mean; infinite for fewer than two values.</summary>
    public static double RelativeHalfWidth95(ReadOnlySpan<double> values)
    {
        if (values.Length < 2) return double.PositiveInfinity;
        double sum = 0;
        foreach (var value in values) sum += value;
        var mean = sum / values.Length;
        double squares = 0;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return TwoSided95(values.Length - 1) * Math.Sqrt(squares / (values.Length - 1) / values.Length) / mean;
    }
}
