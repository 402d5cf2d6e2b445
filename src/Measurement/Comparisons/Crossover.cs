using System.Collections.Immutable;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Comparisons;

/// <summary>
/// The context length at which one model's median falls below another's, by interpolation between measured points: log(first / second) is
/// taken as linear in log(context) between neighbours (docs/measurement.md, crossover).
/// </summary>
/// <param name="Context">Tokens at which the first curve falls below the second.</param>
/// <param name="Between">The measured contexts around it.</param>
/// <param name="Confidence95">95 % interval by bootstrap over repeats; null with fewer than <see cref="Summary.FewestForInterval"/> repeats at a point.</param>
/// <param name="ResamplesWithCrossing">Share of the resamples that cross at all; 0 where there is no interval.</param>
public sealed record Crossover(double Context, Interval Between, Interval? Confidence95, double ResamplesWithCrossing)
{
    /// <summary>Finds where the first curve falls below the second for good: the last such crossing within the measured range.</summary>
    /// <param name="first">Points of the first model.</param>
    /// <param name="second">Points of the second model; only contexts that both have are used.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <returns>The crossing, or null where the first is not below the second at the longest common context, or is below it everywhere.</returns>
    public static Crossover? Find(ImmutableArray<CurvePoint> first, ImmutableArray<CurvePoint> second, ulong seed = 0)
    {
        Pair[] pairs =
        [
            .. from a in first
               join b in second on a.Context equals b.Context
               orderby a.Context
               select new Pair(a.Context, a.Samples, b.Samples),
        ];
        double[] ratios = [.. pairs.Select(pair => Math.Log(Quantile.Median(pair.First.AsSpan()) / Quantile.Median(pair.Second.AsSpan())))];
        if (Crossing(pairs, ratios) is not { } found) return null;

        var between = new Interval(pairs[found.Index].Context, pairs[found.Index + 1].Context);
        if (pairs.Any(pair => Math.Min(pair.First.Length, pair.Second.Length) < Summary.FewestForInterval))
        {
            return new Crossover(found.Context, between, null, 0);
        }

        var generator = new SeededGenerator(seed);
        var crossings = new List<double>(Bootstrap.Resamples);
        for (var i = 0; i < Bootstrap.Resamples; i++)
        {
            for (var p = 0; p < pairs.Length; p++) ratios[p] = pairs[p].ResampledLogRatio(ref generator);
            if (Crossing(pairs, ratios) is { } resampled) crossings.Add(resampled.Context);
        }

        var share = (double)crossings.Count / Bootstrap.Resamples;
        return new Crossover(found.Context, between, crossings.Count == 0 ? null : Bootstrap.Percentile([.. crossings]), share);
    }

    private static (int Index, double Context)? Crossing(Pair[] pairs, double[] ratios)
    {
        if (pairs.Length == 0 || ratios[^1] >= 0) return null;
        for (var i = pairs.Length - 2; i >= 0; i--)
        {
            if (ratios[i] < 0) continue;
            var share = ratios[i] / (ratios[i] - ratios[i + 1]);
            var low = Math.Log(pairs[i].Context);
            return (i, Math.Exp(low + (share * (Math.Log(pairs[i + 1].Context) - low))));
        }

        return null;
    }

    private sealed record Pair(int Context, ImmutableArray<double> First, ImmutableArray<double> Second)
    {
        private readonly double[] firstScratch = new double[First.Length];
        private readonly double[] secondScratch = new double[Second.Length];

        public double ResampledLogRatio(ref SeededGenerator generator)
        {
            var top = Bootstrap.ResampledMedian(First.AsSpan(), firstScratch, ref generator);
            return Math.Log(top / Bootstrap.ResampledMedian(Second.AsSpan(), secondScratch, ref generator));
        }
    }
}
