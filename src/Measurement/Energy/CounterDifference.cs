namespace EdgeFleet.Measurement.Energy;

/// <summary>Energy from readings of a counter of joules: the difference between two instants, interpolated between the neighbouring readings.</summary>
/// <remarks>
/// Within the reading interval that holds an end, power may be anything between that of its neighbours: their range r gives the interpolated energy an
/// error of about r h / sqrt(12) over an interval of h. The counter's step q gives each end a uniform error of variance q^2 / 12.
/// </remarks>
public static class CounterDifference
{
    /// <summary>Takes the difference.</summary>
    /// <param name="timesNs">Instants of the readings, ascending.</param>
    /// <param name="joules">The counter at each; it does not wrap.</param>
    /// <param name="startNs">Start of the span.</param>
    /// <param name="endNs">End of the span.</param>
    /// <param name="resolutionJoules">Step of the counter; 0 where it is not known.</param>
    /// <returns>The energy; null where no reading lies before the start or none after the end.</returns>
    public static EnergyEstimate? Over(ReadOnlySpan<long> timesNs, ReadOnlySpan<double> joules, long startNs, long endNs, double resolutionJoules)
    {
        if (timesNs.Length != joules.Length) throw new ArgumentException("There must be one value per instant.", nameof(joules));
        ArgumentOutOfRangeException.ThrowIfLessThan(endNs, startNs);
        if (timesNs.Length < 2 || timesNs[0] > startNs || timesNs[^1] < endNs) return null;

        var (first, last) = (Interval(timesNs, startNs), Interval(timesNs, endNs));
        var energy = At(timesNs, joules, last, endNs) - At(timesNs, joules, first, startNs);
        var variance = EndVariance(timesNs, joules, first, startNs) + EndVariance(timesNs, joules, last, endNs) + (resolutionJoules * resolutionJoules / 6);
        var inside = 0;
        foreach (var time in timesNs) inside += time >= startNs && time <= endNs ? 1 : 0;
        return new EnergyEstimate(energy, Math.Sqrt(variance), inside);
    }

    /// <summary>Index of the interval between readings that holds an instant.</summary>
    private static int Interval(ReadOnlySpan<long> timesNs, long instant)
    {
        var index = timesNs.BinarySearch(instant);
        return Math.Clamp(index >= 0 ? index : ~index - 1, 0, timesNs.Length - 2);
    }

    private static double At(ReadOnlySpan<long> timesNs, ReadOnlySpan<double> joules, int interval, long instant) =>
        joules[interval] + ((joules[interval + 1] - joules[interval]) * Share(timesNs, interval, instant));

    private static double Share(ReadOnlySpan<long> timesNs, int interval, long instant) => (double)(instant - timesNs[interval]) / (timesNs[interval + 1] - timesNs[interval]);

    private static double EndVariance(ReadOnlySpan<long> timesNs, ReadOnlySpan<double> joules, int interval, long instant)
    {
        // An end that is a reading is not interpolated.
        var share = Share(timesNs, interval, instant);
        if (share is 0 or 1) return 0;
        double low = double.MaxValue;
        double high = double.MinValue;
        for (var i = Math.Max(0, interval - 1); i <= Math.Min(timesNs.Length - 2, interval + 1); i++)
        {
            var watts = (joules[i + 1] - joules[i]) / ((timesNs[i + 1] - timesNs[i]) * 1e-9);
            (low, high) = (Math.Min(low, watts), Math.Max(high, watts));
        }

        var width = (timesNs[interval + 1] - timesNs[interval]) * 1e-9;
        return (high - low) * (high - low) * width * width / 12;
    }
}
