using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Analysis;

/// <summary>
/// A run's spread beside that of the noise reference, like with like: means over spans of the same length. A round of the reference takes about as long as one token,
/// and the mean over many tokens varies less than any of them, so that rounds on their own would allow a run too much.
/// </summary>
/// <param name="SpanNs">Length of a span.</param>
/// <param name="Reference">Coefficient of variation of the reference over spans.</param>
/// <param name="Spans">That of the run over spans, each beside the same tokens of the other iterations, since tokens get slower as the context grows; null with one iteration, or without a decode.</param>
/// <param name="Iterations">That of the iterations' TPOT, or TTFT without a decode; null with one iteration.</param>
public sealed record NoiseComparison(double SpanNs, double Reference, double? Spans, double? Iterations)
{
    /// <summary>By how much a run may vary more than the reference: a percentage point.</summary>
    public const double Excess = 0.01;

    // Each side of the reference is cut into at least this many spans; with fewer its own spread would be a guess.
    private const int SpansOfSide = 4;

    /// <summary>Whether the run varied more than the reference allows.</summary>
    public bool Exceeds => Math.Max(Spans ?? 0, Iterations ?? 0) > Reference + Excess;

    /// <summary>The larger of the run's two spreads; null where it has none.</summary>
    public double? Own => Spans is { } spans && Iterations is { } iterations ? Math.Max(spans, iterations) : Spans ?? Iterations;

    /// <summary>Compares.</summary>
    /// <returns>The comparison; null without rounds on both sides or without an iteration.</returns>
    public static NoiseComparison? Of(RunSamples samples, NoiseRounds rounds)
    {
        if (samples.TimeToFirstTokenNs.IsEmpty || Math.Min(rounds.BeforeNs.Count, rounds.AfterNs.Count) < SpansOfSide) return null;
        var iterations = samples.TimePerOutputTokenNs.IsEmpty ? samples.TimeToFirstTokenNs : samples.TimePerOutputTokenNs;
        var tokens = samples.TimePerOutputTokenNs.IsEmpty ? 0 : samples.InterTokenNs.Length / samples.TimePerOutputTokenNs.Length;
        var iterationNs = tokens > 0 ? samples.InterTokenNs.Sum() / samples.TimePerOutputTokenNs.Length : samples.TimeToFirstTokenNs.Average();
        var span = Math.Min(iterationNs, rounds.ShorterSideNs / SpansOfSide);
        double[] reference = [.. Means(rounds.BeforeNs, span), .. Means(rounds.AfterNs, span)];
        return new NoiseComparison(
            span, Variation(reference) ?? 0, tokens > 0 ? WithinSpans(samples.InterTokenNs.AsSpan(), tokens, span) : null, Variation(iterations));
    }

    private static double? Variation(IReadOnlyCollection<double> values) => values.Count < 2 ? null : Summary.Of([.. values])!.CoefficientOfVariation;

    /// <summary>Means of consecutive values that take about as long as a span together.</summary>
    private static IEnumerable<double> Means(IReadOnlyList<double> values, double spanNs)
    {
        var count = CountOfSpan(values.Average(), spanNs, values.Count);
        for (var at = 0; at + count <= values.Count; at += count) yield return values.Skip(at).Take(count).Average();
    }

    private static int CountOfSpan(double valueNs, double spanNs, int most) => (int)Math.Clamp(Math.Round(spanNs / valueNs), 1, most);

    /// <summary>Pooled deviation of the means of spans from the mean of the same tokens over all iterations, over the mean of all tokens.</summary>
    private static double? WithinSpans(ReadOnlySpan<double> tokenNs, int tokens, double spanNs)
    {
        var iterations = tokenNs.Length / tokens;
        if (iterations < 2) return null;
        double sum = 0;
        foreach (var time in tokenNs) sum += time;
        var mean = sum / tokenNs.Length;
        var count = CountOfSpan(mean, spanNs, tokens);
        var means = new double[iterations];
        double squares = 0;
        var spans = 0;
        for (var at = 0; at + count <= tokens; at += count, spans++)
        {
            for (var iteration = 0; iteration < iterations; iteration++)
            {
                means[iteration] = 0;
                foreach (var time in tokenNs.Slice((iteration * tokens) + at, count)) means[iteration] += time / count;
            }

            var position = means.Average();
            squares += means.Sum(value => (value - position) * (value - position));
        }

        return Math.Sqrt(squares / (spans * (iterations - 1.0))) / mean;
    }
}
