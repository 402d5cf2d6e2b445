using System.Diagnostics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Performs one iteration and times it. Between two readings of the clock there is nothing but the decoder.</summary>
internal sealed class IterationTimer(IDecoderUnderTest decoder, int batch, int decodeTokens, TimeProvider time)
{
    private readonly long[] generated = new long[batch * Math.Max(1, decodeTokens)];
    private readonly long[] instants = new long[Math.Max(1, decodeTokens)];

    /// <summary>Now, in nanoseconds of the monotonic clock.</summary>
    public long Now() => ToNanoseconds(time.GetTimestamp());

    /// <summary>Prefills and decodes once.</summary>
    /// <param name="iteration">Index of the timed iteration, or -1.</param>
    /// <param name="warmup">Whether no statistic may use it.</param>
    /// <param name="cancellation">Checked between tokens.</param>
    public TimedIteration Run(int iteration, bool warmup, CancellationToken cancellation)
    {
        var prepare = Now();
        decoder.Prepare(cancellation);
        var start = time.GetTimestamp();
        var ids = decoder.Prefill(cancellation);
        instants[0] = time.GetTimestamp();
        ids.CopyTo(generated);
        for (var token = 1; token < instants.Length; token++)
        {
            cancellation.ThrowIfCancellationRequested();
            ids = decoder.Step();
            instants[token] = time.GetTimestamp();
            ids.CopyTo(generated.AsSpan(token * batch));
        }

        return Report(iteration, warmup, prepare, ToNanoseconds(start));
    }

    private TimedIteration Report(int iteration, bool warmup, long prepare, long start)
    {
        var first = ToNanoseconds(instants[0]);
        var message = new Iteration { TtftNs = first - start, Warmup = warmup, TokenHash = Hash() };
        var previous = first;
        for (var token = 1; token < instants.Length; token++)
        {
            var instant = ToNanoseconds(instants[token]);
            message.InterTokenNs.Add(instant - previous);
            previous = instant;
        }

        Phase[] phases =
        [
            new Phase { Name = "depth", StartNs = prepare, EndNs = start, Iteration = iteration },
            new Phase { Name = "prefill", StartNs = start, EndNs = first, Iteration = iteration },
            new Phase { Name = "decode", StartNs = first, EndNs = previous, Iteration = iteration },
        ];
        return new TimedIteration(message, phases, new TokenTimes(message.TtftNs, [.. message.InterTokenNs]));
    }

    /// <summary>FNV-1a over the generated ids.</summary>
    private ulong Hash()
    {
        var hash = 14695981039346656037;
        foreach (var id in generated) hash = (hash ^ (ulong)id) * 1099511628211;
        return hash;
    }

    private long ToNanoseconds(long timestamp)
    {
        Debug.Assert(time.TimestampFrequency > 0, "A clock ticks.");
        return time.TimestampFrequency == 1_000_000_000 ? timestamp : (long)((Int128)timestamp * 1_000_000_000 / time.TimestampFrequency);
    }
}
