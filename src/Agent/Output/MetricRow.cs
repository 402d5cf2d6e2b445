using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Agent.Output;

/// <summary>A quantity over repeats, for output.</summary>
internal sealed record MetricRow
{
    /// <summary>Repeats.</summary>
    public required int Count { get; init; }

    public required double Median { get; init; }

    public required double FirstQuartile { get; init; }

    public required double ThirdQuartile { get; init; }

    public required double Minimum { get; init; }

    public required double Maximum { get; init; }

    public required double? CoefficientOfVariation { get; init; }

    /// <summary>95 % interval of the median; null with fewer than six repeats.</summary>
    public required double? Confidence95Low { get; init; }

    public required double? Confidence95High { get; init; }

    /// <summary>Summarises one sample per repeat; null where there is none.</summary>
    public static MetricRow? Of(IEnumerable<double> samples) => Summary.Of([.. samples]) is { } summary
        ? new MetricRow
        {
            Count = summary.Count,
            Median = summary.Median,
            FirstQuartile = summary.Quartiles.Low,
            ThirdQuartile = summary.Quartiles.High,
            Minimum = summary.Range.Low,
            Maximum = summary.Range.High,
            CoefficientOfVariation = summary.CoefficientOfVariation,
            Confidence95Low = summary.Confidence95?.Low,
            Confidence95High = summary.Confidence95?.High,
        }
        : null;
}
