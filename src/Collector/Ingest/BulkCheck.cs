using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Unicode;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>
/// Checks the bulk of a serialised trace as it lies there and takes it out: the sensors' samples, and the times between tokens, of which sums are kept. They are nearly all of
/// a large trace, and no summary needs more: what is left is decoded in a fraction of the time and the memory. The stored trace keeps them.
/// </summary>
/// <remarks>Follows protobuf's wire format (protobuf.dev/programming-guides/encoding); a repeated number may come packed, in pieces, or one by one.</remarks>
internal static class BulkCheck
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;
    private const int LongestVarint = 10;
    private const ulong HighBits = 0x8080_8080_8080_8080;
    private const long Exponent = 0x7FF0_0000_0000_0000;

    /// <summary>Checks and takes out.</summary>
    /// <param name="trace">A serialised <see cref="Trace"/>; its first bytes are the rest afterwards.</param>
    /// <param name="rest">Bytes of the rest, itself a serialised trace.</param>
    /// <param name="times">Of each iteration, in their order.</param>
    /// <returns>The first rule that is broken, or null.</returns>
    public static string? Take(Span<byte> trace, out int rest, out List<DecodeTimes> times)
    {
        (rest, times) = (0, []);
        var at = 0;
        for (var series = 0; at < trace.Length;)
        {
            var start = at;
            if (!Field(trace, ref at, out var number, out var kind, out var content)) return "corrupt: not a trace (its fields do not end where it does)";
            if (number == Trace.TelemetryFieldNumber && kind == Delimited)
            {
                if (Series(trace[content], series++) is { } problem) return problem;
                continue;
            }

            if (number == Trace.IterationsFieldNumber && kind == Delimited)
            {
                // What is kept is no longer than what was there, its head included: it is written over bytes that were read.
                var iteration = trace[content];
                if (!Iteration(iteration, out var kept, out var decode)) return $"corrupt: not a trace (iterations[{times.Count}])";
                times.Add(decode);
                trace[rest++] = (Trace.IterationsFieldNumber << 3) | Delimited;
                for (var length = (uint)kept; ; length >>= 7)
                {
                    trace[rest++] = (byte)(length > 0x7F ? length | 0x80 : length);
                    if (length <= 0x7F) break;
                }

                iteration[..kept].CopyTo(trace[rest..]);
                rest += kept;
                continue;
            }

            trace[start..at].CopyTo(trace[rest..]);
            rest += at - start;
        }

        return null;
    }

    // Moves what is kept of an iteration to its beginning.
    private static bool Iteration(Span<byte> iteration, out int kept, out DecodeTimes times)
    {
        (kept, times) = (0, default);
        for (var at = 0; at < iteration.Length;)
        {
            var start = at;
            if (!Field(iteration, ref at, out var number, out var kind, out var content)) return false;
            if (number == Protos.V1.Iteration.InterTokenNsFieldNumber && kind is Delimited or Varint)
            {
                if (!Add(iteration[content], ref times)) return false;
                continue;
            }

            iteration[start..at].CopyTo(iteration[kept..]);
            kept += at - start;
        }

        return true;
    }

    private static bool Add(ReadOnlySpan<byte> varints, ref DecodeTimes times)
    {
        var (count, sum, outside) = times;
        ulong value = 0;
        var shift = 0;
        foreach (var b in varints)
        {
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                // A negative number is a large one here.
                outside |= value > TraceRules.LongestTime;
                sum += value;
                count++;
                (value, shift) = (0, 0);
            }
            else if ((shift += 7) >= 7 * LongestVarint)
            {
                return false;
            }
        }

        times = new DecodeTimes(count, sum, outside);
        return shift == 0;
    }

    private static string? Series(ReadOnlySpan<byte> series, int index)
    {
        long times = 0, values = 0;
        var finite = true;
        var metric = "";
        for (var at = 0; at < series.Length;)
        {
            if (!Field(series, ref at, out var number, out var kind, out var range)) return $"corrupt: not a trace (telemetry[{index}])";
            var content = series[range];
            switch (number, kind)
            {
                case (TelemetrySeries.MetricFieldNumber or TelemetrySeries.SourceFieldNumber or TelemetrySeries.LabelFieldNumber, Delimited):
                    if (!Utf8.IsValid(content)) return $"corrupt: not a trace (telemetry[{index}] has a text that is not UTF-8)";
                    if (number == TelemetrySeries.MetricFieldNumber) metric = Encoding.UTF8.GetString(content);
                    break;
                case (TelemetrySeries.TimeNsFieldNumber, Delimited):
                    if (content.Length > 0 && content[^1] >= 0x80) return $"corrupt: not a trace (telemetry[{index}].time_ns ends within a number)";
                    times += Ends(content);
                    break;
                case (TelemetrySeries.TimeNsFieldNumber, Varint):
                    times++;
                    break;
                case (TelemetrySeries.ValueFieldNumber, Delimited or Fixed64):
                    if (content.Length % sizeof(double) != 0) return $"corrupt: not a trace (telemetry[{index}].value ends within a number)";
                    values += content.Length / sizeof(double);
                    for (var i = 0; i < content.Length; i += sizeof(double)) finite &= (BinaryPrimitives.ReadInt64LittleEndian(content[i..]) & Exponent) != Exponent;
                    break;
            }
        }

        if (times != values) return $"impossible: telemetry[{index}] ({metric}) has {times} times and {values} values";
        return finite ? null : $"impossible: telemetry[{index}] ({metric}) has a value that is not finite";
    }

    // The last byte of a varint is the one without the high bit.
    private static long Ends(ReadOnlySpan<byte> varints)
    {
        long count = 0;
        for (; varints.Length >= sizeof(ulong); varints = varints[sizeof(ulong)..]) count += BitOperations.PopCount(~BinaryPrimitives.ReadUInt64LittleEndian(varints) & HighBits);
        foreach (var b in varints) count += b < 0x80 ? 1 : 0;
        return count;
    }

    private static bool Field(ReadOnlySpan<byte> message, ref int at, out int number, out int kind, out Range content)
    {
        content = default;
        (number, kind) = (0, 0);
        if (!Number(message, ref at, out var tag) || tag is < 8 or > uint.MaxValue) return false;
        (number, kind) = ((int)(tag >> 3), (int)(tag & 7));
        var begin = at;
        switch (kind)
        {
            case Varint:
                if (!Number(message, ref at, out _)) return false;
                break;
            case Fixed64:
                at += sizeof(ulong);
                break;
            case Fixed32:
                at += sizeof(uint);
                break;
            case Delimited:
                if (!Number(message, ref at, out var length) || length > (ulong)(message.Length - at)) return false;
                begin = at;
                at += (int)length;
                break;
            default:
                return false; // Groups, which no version of the contract has.
        }

        if (at > message.Length) return false;
        content = begin..at;
        return true;
    }

    private static bool Number(ReadOnlySpan<byte> message, ref int at, out ulong value)
    {
        value = 0;
        for (var i = 0; i < LongestVarint && at < message.Length; i++)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7F) << (7 * i);
            if (b < 0x80) return true;
        }

        return false;
    }
}
