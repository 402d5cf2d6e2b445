using CsCheck;
using EdgeFleet.Collector.Ingest;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class TelemetryCheckTests
{
    private static readonly Gen<TelemetrySeries> Series = Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 12], Gen.Select(Gen.Long, Gen.Double[-1e300, 1e300]).Array[0, 40], (metric, samples) => new TelemetrySeries
    {
        Metric = metric, Label = "é", TimeNs = { samples.Select(s => s.Item1) }, Value = { samples.Select(s => s.Item2) },
    });

    private static readonly Gen<Trace> Traces = Gen.Select(Series.Array[0, 4], Gen.Int[0, 5], Gen.UInt, (series, iterations, repeat) => new Trace
    {
        RunId = "r", Repeat = repeat, Telemetry = { series }, End = new RunEnd { Outcome = Outcome.Completed },
        Iterations = { Enumerable.Range(1, iterations).Select(i => new Iteration { TtftNs = i, TokenHash = ulong.MaxValue, InterTokenNs = { i, -i } }) },
        Energy = { new Energy { Phase = "prefill", GrossJoules = 2.5 } },
    });

    [Fact]
    public void What_is_left_is_the_trace_without_its_telemetry() => Traces.Sample(trace =>
    {
        var bytes = trace.ToByteArray();
        Assert.Null(TelemetryCheck.Take(bytes, out var rest));
        trace.Telemetry.Clear();
        Assert.Equal(trace, Trace.Parser.ParseFrom(bytes, 0, rest));
    });

    [Fact]
    public void Times_and_values_are_counted_in_either_encoding()
    {
        // Field 4 as one varint, field 5 as one fixed64, then both packed with two numbers.
        byte[] value = [.. BitConverter.GetBytes(1.5)];
        byte[] series = [0x0A, 1, (byte)'m', 0x20, 0x96, 0x01, 0x29, .. value, 0x22, 3, 0x01, 0x80, 0x01, 0x2A, 16, .. value, .. value];
        Assert.Null(TelemetryCheck.Take(Wrapped(series), out var rest));
        Assert.Equal(0, rest);
        Assert.Equal("impossible: telemetry[0] (m) has 4 times and 3 values", TelemetryCheck.Take(Wrapped([.. series, 0x20, 0x05]), out _));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_refused(double value)
    {
        var trace = new Trace { Telemetry = { new TelemetrySeries { Metric = "m", TimeNs = { 1, 2 }, Value = { double.MaxValue, value } } } };
        Assert.Equal("impossible: telemetry[0] (m) has a value that is not finite", TelemetryCheck.Take(trace.ToByteArray(), out _));
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

                if (TelemetryCheck.Take(bytes, out var rest) is not null || whole is null) return;
                whole.Telemetry.Clear();
                Assert.Equal(whole, Protos.V1.Trace.Parser.ParseFrom(bytes, 0, rest));
            },
            iter: 20_000);
    }

    private static byte[] Wrapped(byte[] series) => [0x6A, (byte)series.Length, .. series];
}
