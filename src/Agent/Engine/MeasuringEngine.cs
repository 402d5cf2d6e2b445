using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Warms up until the times are flat, then iterates: the timed part of a run (docs/measurement.md, warm-up and iterations).</summary>
internal sealed class MeasuringEngine(WarmupPolicy warmup, IterationPolicy iterations, ITraceSink sink)
{
    private const double NoisyQuartiles = 0.1;

    /// <summary>Measures a decoder.</summary>
    /// <returns>The times of the timed iterations, in order.</returns>
    public IReadOnlyList<TokenTimes> Measure(IterationTimer timer, CancellationToken cancellation)
    {
        var findings = new Trace();
        if (WarmUp(timer, cancellation) == WarmupDecision.Bounded)
        {
            findings.Findings.Add(Finding(
                FindingCodes.WarmupNotFlat,
                "Warm-up reached its bound before the times could be shown to be flat; allow more with --warmup-time or --warmup-iterations."));
        }

        var measured = new List<TokenTimes>();
        var first = new List<double>();
        var next = new List<double>();
        var hashes = new HashSet<ulong>();
        long timed = 0;
        while (iterations.Continue(first.ToArray(), next.ToArray(), TimeSpan.FromMicroseconds(timed / 1000.0)))
        {
            sink.Progress("measure", measured.Count, iterations.MaximumIterations);
            var iteration = Run(timer, measured.Count, isWarmup: false, cancellation);
            measured.Add(iteration.Times);
            first.Add(iteration.Times.TimeToFirstTokenNs);
            if (iteration.Times.TimePerOutputTokenNs is { } perToken) next.Add(perToken);
            hashes.Add(iteration.Message.TokenHash);
            timed += iteration.Times.TotalNs;
        }

        if (iterations.HalfWidth(first.ToArray(), next.ToArray()) is { } width && width > iterations.NarrowHalfWidth)
        {
            findings.Findings.Add(Finding(
                FindingCodes.IntervalWide,
                $"A bound ended the iterations while the 95 % interval of their mean was ±{width:P1}; allow more with --measure-time or --iterations."));
        }

        if (hashes.Count > 1)
        {
            findings.Findings.Add(Finding(FindingCodes.TokensDiffer, $"{measured.Count} iterations over one prompt generated {hashes.Count} different texts."));
        }

        if (Spread(measured) is > NoisyQuartiles and var spread)
        {
            findings.Findings.Add(Finding(FindingCodes.NoisyIterations, $"The quartiles of the iterations' times lie {spread:P0} of the median apart."));
        }

        if (findings.Findings.Count > 0) sink.Part(findings);
        return measured;
    }

    private WarmupDecision WarmUp(IterationTimer timer, CancellationToken cancellation)
    {
        var first = new List<double>();
        var next = new List<double>();
        long elapsed = 0;
        WarmupDecision decision;
        do
        {
            sink.Progress("warmup", first.Count, warmup.MaximumIterations);
            var iteration = Run(timer, -1, isWarmup: true, cancellation);
            first.Add(iteration.Times.TimeToFirstTokenNs);
            next.Add(iteration.Times.TimePerOutputTokenNs ?? 0);
            elapsed += iteration.Phases[^1].EndNs - iteration.Phases[0].StartNs;

            var spent = TimeSpan.FromMicroseconds(elapsed / 1000.0);
            var prefill = warmup.Decide(first.ToArray(), spent);
            var decode = warmup.Decide(next.ToArray(), spent);
            decision = prefill == WarmupDecision.Flat ? decode : prefill;
        }
        while (decision == WarmupDecision.Continue);

        return decision;
    }

    private TimedIteration Run(IterationTimer timer, int index, bool isWarmup, CancellationToken cancellation)
    {
        var iteration = timer.Run(index, isWarmup, cancellation);
        var part = new Trace();
        part.Iterations.Add(iteration.Message);
        part.Phases.Add(iteration.Phases);
        sink.Part(part);
        return iteration;
    }

    private static double? Spread(List<TokenTimes> measured)
    {
        if (measured.Count < 4) return null;
        var summary = Summary.Of([.. measured.Select(times => (double)times.TotalNs)])!;
        return summary.InterquartileRange / summary.Median;
    }

    private static Finding Finding(string code, string message) => new() { Code = code, Message = message };
}
