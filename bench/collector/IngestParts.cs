using System.Diagnostics;
using System.Security.Cryptography;
using EdgeFleet.Protos.V1;
using ZstdSharp;

namespace EdgeFleet.Collector.Bench;

/// <summary>What the parts of ingest that no collector can leave out cost on one thread: digest, decompression, decoding.</summary>
internal static class IngestParts
{
    private const int Rounds = 9;

    /// <summary>Measures them over the corpus.</summary>
    public static void Run(Report report, TraceCorpus corpus)
    {
        EncodedTrace[] traces = [.. Enumerable.Range(0, TraceCorpus.Bodies).Select(i => corpus.Encode(i, new Run { RunId = Guid.Empty.ToString(), DeviceId = new string('0', 64), Scenario = new Scenario() }, ""))];
        var plain = traces.Select(t => new byte[t.Header.DecodedBytes]).ToArray();
        using var decompressor = new Decompressor();
        double[] digest = new double[Rounds], unwrap = new double[Rounds], parse = new double[Rounds];
        for (var round = -2; round < Rounds; round++)
        {
            var a = Time(i => SHA256.HashData(traces[i].Bytes));
            var b = Time(i => decompressor.TryUnwrap(traces[i].Bytes, plain[i], out _));
            var c = Time(i => EdgeFleet.Protos.V1.Trace.Parser.ParseFrom(plain[i]));
            if (round >= 0) (digest[round], unwrap[round], parse[round]) = (a, b, c);
        }

        report.Add("decoded size, mean", "KB", plain.Average(p => p.Length) / 1e3);
        report.Add("of a trace: SHA-256", "ms", digest);
        report.Add("of a trace: zstd", "ms", unwrap);
        report.Add("of a trace: protobuf", "ms", parse);

        double Time(Action<int> work)
        {
            var begin = Stopwatch.GetTimestamp();
            for (var i = 0; i < traces.Length; i++) work(i);
            return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / traces.Length;
        }
    }
}
