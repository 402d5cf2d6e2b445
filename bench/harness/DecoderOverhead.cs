using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Harness.Bench;

/// <summary>Overhead of the decoder over a bare loop of RunWithBinding on the same session, in pairs of alternating order.</summary>
internal sealed class DecoderOverhead : IDisposable
{
    private const int Warmup = 20;

    private readonly Subject subject;
    private readonly BareLoop bare;

    /// <summary>Prepares both.</summary>
    /// <param name="request">What to decode.</param>
    public DecoderOverhead(BenchRequest request)
    {
        subject = new Subject(request, Math.Max(request.Steps, Warmup) + 2);
        bare = new BareLoop(subject.Session, Subject.Context + (request.Steps / 2), subject.Capacity);
    }

    /// <summary>Measures.</summary>
    /// <returns>A row of a Markdown table.</returns>
    public string Run()
    {
        var request = subject.Request;
        _ = subject.Clock.Decode(Warmup);
        bare.Run(Warmup);
        var ratios = ImmutableArray.CreateBuilder<double>(request.Pairs);
        var ours = new double[request.Pairs];
        var theirs = new double[request.Pairs];
        for (var pair = 0; pair < request.Pairs; pair++)
        {
            // The order alternates, so that a drift of the machine falls on both.
            if (pair % 2 == 0)
            {
                ours[pair] = Ours();
                theirs[pair] = Bare();
            }
            else
            {
                theirs[pair] = Bare();
                ours[pair] = Ours();
            }

            ratios.Add(ours[pair] / theirs[pair]);
        }

        var samples = ratios.MoveToImmutable();
        var interval = MedianInterval.Of([.. samples.Order()]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {request.Model} | {subject.Precision} | {request.Threads} | {(request.Threads == 1 ? "processor" : "wall")} | {request.Pairs} x {request.Steps} | {Quantile.Median(theirs):F1} | {Quantile.Median(ours):F1} | "
            + $"{Percent(Quantile.Median(samples.AsSpan()))} | {Percent(interval.Low)} .. {Percent(interval.High)} |");
    }

    public void Dispose()
    {
        bare.Dispose();
        subject.Dispose();
    }

    private double Ours()
    {
        // Coming back copies state, which a generation does not do: a step in between brings the caches to what they hold then.
        subject.Rewind();
        _ = subject.Decoder.Step();
        var processor = ThreadClock.Microseconds();
        var wall = subject.Clock.Decode(subject.Request.Steps);
        processor = ThreadClock.Microseconds() - processor;
        return subject.Request.Threads == 1 ? processor / subject.Request.Steps : wall;
    }

    private double Bare()
    {
        bare.Run(1);
        var processor = ThreadClock.Microseconds();
        var start = Stopwatch.GetTimestamp();
        bare.Run(subject.Request.Steps);
        var wall = TokenClock.Microseconds(Stopwatch.GetTimestamp() - start);
        return (subject.Request.Threads == 1 ? ThreadClock.Microseconds() - processor : wall) / subject.Request.Steps;
    }

    private static string Percent(double ratio) => ((ratio - 1) * 100).ToString("+0.00;-0.00", CultureInfo.InvariantCulture);
}
