using System.Security.Cryptography;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;

namespace EdgeFleet.Collector.Bench;

/// <summary>
/// Recorded traces, drawn so that their encoded sizes follow a log-normal distribution with a median of 32 KB and a 99th percentile of 2 MB. Nothing in a trace is changed but what says
/// whose it is: run, attempt, repeat, device and scenario.
/// </summary>
internal sealed class TraceCorpus
{
    /// <summary>The agent's level of compression.</summary>
    public const int CompressionLevel = 3;

    /// <summary>Traces that are drawn.</summary>
    public const int Bodies = 200;

    private const double MedianBytes = 32e3;
    private const double HighBytes = 2e6;

    // Below it lie 6 % of the distribution: a completed run's trace is hardly smaller, with nothing but its environment, sensors and a few iterations.
    private const double LeastBytes = 4e3;

    // A recording is refused when a wanted size has none within this factor.
    private const double MostDeviation = 1.25;
    private const double Normal99 = 2.3263478740408408;

    private readonly Trace[] bodies;

    private TraceCorpus(Trace[] bodies) => this.bodies = bodies;

    /// <summary>Recorded traces among those that are drawn.</summary>
    public required int Distinct { get; init; }

    /// <summary>Largest ratio of a wanted size and the drawn one, whichever is larger.</summary>
    public required double LargestDeviation { get; init; }

    /// <summary>Most tokens that a drawn trace's scenario generates: runs that these traces are to end must allow as many.</summary>
    public uint DecodeTokens => bodies.Max(body => body.Scenario.DecodeTokens);

    /// <summary>Draws from a recording, the same from the same one.</summary>
    /// <exception cref="InvalidDataException">The directory holds no recording, or one that lacks sizes.</exception>
    public static TraceCorpus Read(string directory)
    {
        var recorded = Recording.ReadIndex(directory);
        var sigma = Math.Log(HighBytes / MedianBytes) / Normal99;
        var read = new Dictionary<string, Trace>();
        var bodies = new Trace[Bodies];
        var largest = 1.0;
        for (var i = 0; i < Bodies; i++)
        {
            var wanted = Math.Max(LeastBytes, MedianBytes * Math.Exp(sigma * Quantile((i + 0.5) / Bodies)));
            double Deviation(RecordedTrace trace) => Math.Max(trace.EncodedBytes / wanted, wanted / trace.EncodedBytes);
            var nearest = recorded.MinBy(Deviation)!;
            if (Deviation(nearest) > MostDeviation)
            {
                throw new InvalidDataException($"{directory} has no trace of about {wanted / 1e3:0.0} KB, the nearest has {nearest.EncodedBytes / 1e3:0.0} KB: record anew, on a machine that is not busy.");
            }

            largest = Math.Max(largest, Deviation(nearest));
            if (!read.TryGetValue(nearest.File, out var trace)) read.Add(nearest.File, trace = Decode(Path.Combine(directory, nearest.File), nearest));
            bodies[i] = trace;
        }

        new Random(1).Shuffle(bodies);
        return new TraceCorpus(bodies) { Distinct = read.Count, LargestDeviation = largest };
    }

    /// <summary>The trace of a run, encoded.</summary>
    /// <param name="index">Which body.</param>
    /// <param name="run">The run.</param>
    /// <param name="spoolId">Spool of its device.</param>
    public EncodedTrace Encode(int index, Run run, string spoolId)
    {
        var trace = bodies[index % Bodies].Clone();
        trace.RunId = run.RunId;
        trace.Attempt = 1;
        trace.Repeat = run.Repeat;
        trace.Scenario = run.Scenario;
        trace.Environment.DeviceId = run.DeviceId;
        var plain = trace.ToByteArray();
        using var compressor = new Compressor(CompressionLevel);
        var bytes = compressor.Wrap(plain).ToArray();
        return new EncodedTrace(
            new TraceHeader
            {
                DeviceId = run.DeviceId, SpoolId = spoolId, RunId = run.RunId, Attempt = 1, EncodedBytes = (ulong)bytes.Length, DecodedBytes = (ulong)plain.Length,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Encoding = TraceEncoding.Zstd,
            },
            bytes);
    }

    /// <summary>Encoded sizes of all bodies, bytes.</summary>
    public IEnumerable<double> EncodedSizes() =>
        Enumerable.Range(0, Bodies).Select(i => (double)Encode(i, new Run { RunId = Guid.Empty.ToString(), DeviceId = new string('0', 64), Scenario = new Scenario() }, "").Bytes.Length);

    private static Trace Decode(string file, RecordedTrace recorded)
    {
        try
        {
            using var decompressor = new Decompressor();
            return Trace.Parser.ParseFrom(decompressor.Unwrap(File.ReadAllBytes(file), (int)recorded.DecodedBytes));
        }
        catch (Exception error) when (error is ZstdException or InvalidProtocolBufferException)
        {
            throw new InvalidDataException($"{file} is no recorded trace: {error.Message}");
        }
    }

    // Acklam's approximation of the normal quantile, central and tail regions; its error is below 1.2e-9.
    private static double Quantile(double p)
    {
        ReadOnlySpan<double> a = [-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00];
        ReadOnlySpan<double> b = [-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01];
        ReadOnlySpan<double> c = [-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00];
        ReadOnlySpan<double> d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00];
        const double Low = 0.02425;
        if (p > 1 - Low) return -Quantile(1 - p);
        if (p < Low)
        {
            var q = Math.Sqrt(-2 * Math.Log(p));
            return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
        }

        var x = p - 0.5;
        var r = x * x;
        return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * x / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
}
