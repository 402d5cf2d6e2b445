namespace EdgeFleet.Measurement.Energy;

/// <summary>Energy from samples of power: the trapezoid between two instants, with power at the ends interpolated between the neighbouring samples.</summary>
/// <remarks>
/// The error of sampling is estimated from the samples themselves. Where power jumps by d between two samples that lie h apart, the instant of the jump
/// is unknown within h and the trapezoid's error is uniform within d h / 2 on either side: variance d^2 h^2 / 12. Power that changes smoothly has a much smaller error,
/// so that the sum over the samples' steps bounds both. Rounding to steps of q gives each sample a uniform error of variance q^2 / 12; the errors of a
/// constant power are all the same one, so that they are added, not averaged: q / sqrt(12) times the duration.
/// </remarks>
public static class PowerIntegral
{
    private static readonly double UniformDeviation = Math.Sqrt(12);

    /// <summary>Integrates.</summary>
    /// <param name="timesNs">Instants of the samples, ascending.</param>
    /// <param name="watts">Power at each.</param>
    /// <param name="startNs">Start of the span.</param>
    /// <param name="endNs">End of the span.</param>
    /// <param name="resolutionWatts">Step of the sensor; 0 where it is not known.</param>
    /// <returns>The energy; null where no sample lies before the start or none after the end, since nothing is extrapolated.</returns>
    public static EnergyEstimate? Over(ReadOnlySpan<long> timesNs, ReadOnlySpan<double> watts, long startNs, long endNs, double resolutionWatts)
    {
        if (timesNs.Length != watts.Length) throw new ArgumentException("There must be one value per instant.", nameof(watts));
        ArgumentOutOfRangeException.ThrowIfLessThan(endNs, startNs);
        if (timesNs.IsEmpty || timesNs[0] > startNs || timesNs[^1] < endNs) return null;

        double joules = 0;
        double variance = 0;
        var inside = 0;
        for (var i = 0; i + 1 < timesNs.Length; i++)
        {
            var (from, to) = (Math.Max(timesNs[i], startNs), Math.Min(timesNs[i + 1], endNs));
            if (timesNs[i] >= startNs && timesNs[i] <= endNs) inside++;
            if (to <= from) continue;

            var width = Seconds(timesNs[i], timesNs[i + 1]);
            var (first, step) = (watts[i], watts[i + 1] - watts[i]);
            var (atFrom, atTo) = (first + (step * Seconds(timesNs[i], from) / width), first + (step * Seconds(timesNs[i], to) / width));
            joules += (atFrom + atTo) / 2 * Seconds(from, to);

            // The part of an interval that the span cuts off bears its share of the jump.
            variance += step * step * width * Seconds(from, to) / 12;
        }

        var rounding = resolutionWatts / UniformDeviation * Seconds(startNs, endNs);
        return new EnergyEstimate(joules, Math.Sqrt(variance + (rounding * rounding)), inside);
    }

    private static double Seconds(long fromNs, long toNs) => (toNs - fromNs) * 1e-9;
}
