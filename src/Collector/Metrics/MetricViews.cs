using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace EdgeFleet.Collector.Metrics;

/// <summary>How instruments are collected: bounds of cardinality and buckets (docs/metrics.md).</summary>
internal static class MetricViews
{
    /// <summary>Configures a provider.</summary>
    public static void Configure(MeterProviderBuilder metrics, MeterNames names)
    {
        metrics.AddMeter(names.Collector, names.Fleet);
        metrics.AddView(MetricNames.TtftHistogram, Histogram(MetricNames.TtftBuckets));
        metrics.AddView(MetricNames.TpotHistogram, Histogram(MetricNames.TpotBuckets));
        metrics.AddView(MetricNames.IngestHistogram, Histogram(MetricNames.IngestBuckets));
        metrics.AddView(instrument => instrument.Meter.Name == names.Fleet ? new MetricStreamConfiguration { CardinalityLimit = SeriesBounds.Of(instrument.Name) } : null);
        metrics.ConfigureResource(resource => resource.Clear().AddService("edgefleet-collector", autoGenerateServiceInstanceId: false));
        metrics.AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false);
    }

    private static ExplicitBucketHistogramConfiguration Histogram(double[] bounds) => new() { Boundaries = bounds, CardinalityLimit = 2000 };
}
