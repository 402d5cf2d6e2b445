namespace EdgeFleet.Collector.Metrics;

/// <summary>Names and buckets that instruments and their views share.</summary>
internal static class MetricNames
{
    /// <summary>Histogram of times to first token.</summary>
    public const string TtftHistogram = "edgefleet_ttft_distribution_seconds";

    /// <summary>Histogram of times per output token.</summary>
    public const string TpotHistogram = "edgefleet_tpot_distribution_seconds";

    /// <summary>Histogram of the time to store a trace.</summary>
    public const string IngestHistogram = "edgefleet_ingest_duration_seconds";

    /// <summary>TTFT: 1 ms to 4.5 h, each bound 2.5 to 2 times the one before; long contexts on small devices take hours.</summary>
    public static double[] TtftBuckets { get; } =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 16200];

    /// <summary>TPOT: 100 us to 30 s.</summary>
    public static double[] TpotBuckets { get; } =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    /// <summary>Ingest: 0.5 ms to 10 s.</summary>
    public static double[] IngestBuckets { get; } = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
}
