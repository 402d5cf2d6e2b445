namespace EdgeFleet.Agent.Output;

/// <summary>How regularly the sensors of one run were read.</summary>
/// <param name="PeriodMilliseconds">Time between two readings that was asked for.</param>
/// <param name="MedianMilliseconds">Median of the intervals as they were.</param>
/// <param name="Percentile99Milliseconds">99 % of the intervals are shorter.</param>
/// <param name="LongestMilliseconds">The longest.</param>
/// <param name="Readings">Rounds of readings.</param>
/// <param name="Late">Intervals longer than one and a half periods.</param>
/// <param name="BusyRatio">Share of the time that was spent reading.</param>
/// <param name="Placement">Where the thread ran.</param>
internal sealed record SamplerRow(
    double PeriodMilliseconds, double MedianMilliseconds, double Percentile99Milliseconds, double LongestMilliseconds, uint Readings, uint Late, double BusyRatio, string Placement);
