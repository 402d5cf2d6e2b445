using CsCheck;
using EdgeFleet.Collector.Ingest;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class BulkCheckTests
{
    private static readonly Gen<TelemetrySeries> Series = Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 12], Gen.Select(Gen.Long, Gen.Double[-1e300, 1e300]).Array[0, 40], (metric, samples) => new TelemetrySeries
    {
        Metric = metric, Label = "é", TimeNs = { samples.Select(s => s.Item1) }, Value = { samples.Select(s => s.Item2) },
    });

    private static readonly Gen<Trace> Traces = Gen.Select(Series.Array[0, 4], Gen.Int[0, 5], Gen.UInt, (series, iterations, repeat) => new Trace
    {
        RunId = "r", Repeat = repeat, Telemetry = { series }, End = new RunEnd { Outcome = Outcome.Completed },
        Iterations = { Enumerable.Range(1, iterations).Select(i => new Iteration { TtftNs = i, TokenHash = ulong.MaxValue, InterTokenNs = { Enumerable.Range(0, i * 7).Select(t => 3L << (t * 9 % 60)), i % 2 - 1 } }) },
        Energy = { new Energy { Phase = "prefill", GrossJoules = 2.5 } },
    });

    [Fact]
    public void What_is_left_is_the_trace_without_its_bulk_and_of_token_times_their_sums() => Traces.Sample(trace =>
    {
        var bytes = trace.ToByteArray();
        Assert.Null(BulkCheck.Take(bytes, out var rest, out var times));
        Assert.Equal(Sums(trace), times);
        Assert.Equal(WithoutBulk(trace), Trace.Parser.ParseFrom(bytes, 0, rest));
    });

    [Fact]
    public void Token_times_are_added_in_either_encoding()
    {
        // TTFT 5 before and 6 after; times 150, packed 1 and 128, then 7; a second iteration without any.
        byte[] iteration = [0x08, 5, 0x10, 0x96, 0x01, 0x12, 3, 0x01, 0x80, 0x01, 0x08, 6, 0x10, 7];
        byte[] trace = [0x52, (byte)iteration.Length, .. iteration, 0x52, 0];
        Assert.Null(BulkCheck.Take(trace, out var rest, out var times));
        Assert.Equal([new DecodeTimes(4, 150 + 1 + 128 + 7, false), default], times);
        Assert.Equal([0x52, 4, 0x08, 5, 0x08, 6, 0x52, 0], trace[..rest]);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(TraceRules.LongestTime + 1, true)]
    [InlineData(TraceRules.LongestTime, false)]
    [InlineData(0, false)]
    public void A_token_time_that_cannot_be_is_seen(long time, bool outside)
    {
        var trace = new Trace { Iterations = { new Iteration { InterTokenNs = { 1, time, 1 } } } };
        Assert.Null(BulkCheck.Take(trace.ToByteArray(), out _, out var times));
        Assert.Equal(outside, Assert.Single(times).HasOutside);
    }

    [Theory]
    [InlineData(0x12, 2, 0x01, 0x80)]
    [InlineData(0x12, 11, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01)]
    [InlineData(0x12, 5, 0x01)]
    public void Token_times_that_are_no_numbers_are_refused(params int[] iteration) =>
        Assert.Equal("corrupt: not a trace (iterations[0])", BulkCheck.Take([0x52, (byte)iteration.Length, .. iteration.Select(b => (byte)b)], out _, out _));

    [Fact]
    public void Times_and_values_are_counted_in_either_encoding()
    {
        // Field 4 as one varint, field 5 as one fixed64, then both packed with two numbers.
        byte[] value = [.. BitConverter.GetBytes(1.5)];
        byte[] series = [0x0A, 1, (byte)'m', 0x20, 0x96, 0x01, 0x29, .. value, 0x22, 3, 0x01, 0x80, 0x01, 0x2A, 16, .. value, .. value];
        Assert.Null(BulkCheck.Take(Wrapped(series), out var rest, out _));
        Assert.Equal(0, rest);
        Assert.Equal("impossible: telemetry[0] (m) has 4 times and 3 values", BulkCheck.Take(Wrapped([.. series, 0x20, 0x05]), out _, out _));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_refused(double value)
    {
        var trace = new Trace { Telemetry = { new TelemetrySeries { Metric = "m", TimeNs = { 1, 2 }, Value = { double.MaxValue, value } } } };
        Assert.Equal("impossible: telemetry[0] (m) has a value that is not finite", BulkCheck.Take(trace.ToByteArray(), out _, out _));
    }

    [Fact]
    public void Whatever_bytes_there_are_they_are_refused_or_decoded_as_the_library_does()
    {
        // One byte of a trace changed, or its end cut off: both find it broken, or both find the same rest.
        Gen.Select(Traces, Gen.Int[0, 10_000], Gen.Byte, Gen.Bool).Sample(
            (trace, at, with, cut) =>
            {
                var bytes = trace.ToByteArray();
                if (cut) bytes = bytes[..(at % bytes.Length)];
                else bytes[at % bytes.Length] = with;
                Trace? whole = null;
                try
                {
                    whole = Protos.V1.Trace.Parser.ParseFrom(bytes);
                }
                catch (InvalidProtocolBufferException)
                {
                    // Then it may be refused here, or when the rest is decoded.
                }

                if (BulkCheck.Take(bytes, out var rest, out var times) is not null || whole is null) return;
                Assert.Equal(Sums(whole), times);
                Assert.Equal(WithoutBulk(whole), Protos.V1.Trace.Parser.ParseFrom(bytes, 0, rest));
            },
            iter: 20_000);
    }

    private static IEnumerable<DecodeTimes> Sums(Trace trace) => trace.Iterations.Select(i => new DecodeTimes(
        i.InterTokenNs.Count, i.InterTokenNs.Aggregate(0d, (sum, time) => sum + (ulong)time), i.InterTokenNs.Any(time => time is < 0 or > TraceRules.LongestTime)));

    private static Trace WithoutBulk(Trace trace)
    {
        trace.Telemetry.Clear();
        foreach (var iteration in trace.Iterations) iteration.InterTokenNs.Clear();
        return trace;
    }

    private static byte[] Wrapped(byte[] series) => [0x6A, (byte)series.Length, .. series];
}
