using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>All analysers.</summary>
public static class RunAnalysis
{
    private static readonly ImmutableArray<IRunAnalyser> Always = [new TooShortAnalyser(), new TrendAnalyser(), new MultimodalAnalyser(), new OutlierAnalyser()];

    /// <summary>Analyses a run.</summary>
    /// <param name="samples">Its timed iterations.</param>
    /// <param name="noise">The noise reference around it; null where none ran.</param>
    public static IEnumerable<RunObservation> Of(RunSamples samples, NoiseRounds? noise) =>
        samples.TimeToFirstTokenNs.IsEmpty ? [] : (noise is null ? Always : [.. Always, new MachineNoiseAnalyser(noise), new NoiseAnalyser(noise)]).Select(analyser => analyser.Analyse(samples)).OfType<RunObservation>();
}
