namespace EdgeFleet.Collector.Ingest;

/// <summary>What rules and summaries ask of the times between one iteration's tokens.</summary>
/// <param name="Count">Values.</param>
/// <param name="SumNs">Their sum.</param>
/// <param name="HasOutside">Whether one is negative or longer than any can be.</param>
internal readonly record struct DecodeTimes(long Count, double SumNs, bool HasOutside)
{
    /// <summary>Their mean; NaN where there is none.</summary>
    public double MeanNs => SumNs / Count;
}
