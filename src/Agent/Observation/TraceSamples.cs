using EdgeFleet.Measurement.Analysis;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>The numbers of a trace that analysers look at.</summary>
internal static class TraceSamples
{
    /// <summary>Times of the timed iterations.</summary>
    public static RunSamples Samples(this Trace trace)
    {
        Iteration[] timed = [.. trace.Iterations.Where(iteration => !iteration.Warmup)];
        return new RunSamples(
            [.. timed.Select(iteration => (double)iteration.TtftNs)],
            [.. timed.Where(iteration => iteration.InterTokenNs.Count > 0).Select(iteration => iteration.InterTokenNs.Average())],
            [.. timed.SelectMany(iteration => iteration.InterTokenNs).Select(time => (double)time)]);
    }

    /// <summary>Rounds of the noise reference; null where none ran.</summary>
    public static NoiseRounds? Noise(this Trace trace) => trace.NoiseReference is not { } reference ? null
        : new NoiseRounds([.. reference.BeforeNs.Select(time => (double)time)], [.. reference.AfterNs.Select(time => (double)time)]);

    /// <summary>Median TPOT of a run, or TTFT where nothing was decoded; null where nothing was timed.</summary>
    public static double? Level(this Trace trace)
    {
        var samples = trace.Samples();
        var times = samples.TimePerOutputTokenNs.IsEmpty ? samples.TimeToFirstTokenNs : samples.TimePerOutputTokenNs;
        return times.IsEmpty ? null : Quantile.Median(times.AsSpan());
    }
}
