using System.Security.Cryptography;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;
using Environment = EdgeFleet.Protos.V1.Environment;

namespace EdgeFleet.Collector.Bench;

/// <summary>
/// Traces whose encoded sizes follow a log-normal distribution with a median of 32 KB and a 99th percentile of 2 MB. Their make-up is that of recorded traces:
/// iterations and phases, an operator profile (names and shapes repeat, so that it compresses well) and sensors' samples (they compress badly and make up
/// most of a long run's trace).
/// </summary>
internal sealed class TraceCorpus
{
    /// <summary>Median of the encoded sizes, bytes.</summary>
    public const double MedianBytes = 32e3;

    /// <summary>99th percentile of the encoded sizes, bytes.</summary>
    public const double HighBytes = 2e6;

    /// <summary>Distinct bodies.</summary>
    public const int Bodies = 200;

    private const double Normal99 = 2.3263478740408408;
    private const double BytesPerSample = 7.4;
    private const int LargestProfile = 400;

    private readonly Trace[] bodies;

    /// <summary>Makes the bodies, the same for the same seed.</summary>
    public TraceCorpus(int seed)
    {
        var random = new Random(seed);
        var sigma = Math.Log(HighBytes / MedianBytes) / Normal99;
        bodies = [.. Enumerable.Range(0, Bodies).Select(i => Body(MedianBytes * Math.Exp(sigma * Quantile((i + 0.5) / Bodies)), random))];
        random.Shuffle(bodies);
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
        var plain = trace.ToByteArray();
        using var compressor = new Compressor(3);
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

    private static Trace Body(double targetBytes, Random random)
    {
        var trace = new Trace
        {
            DefinitionsVersion = 1, End = new RunEnd { Outcome = Outcome.Completed },
            Environment = new Environment { ConditionsFingerprint = "bench" },
            Memory = new Memory { WeightsBytes = 1 << 28, PeakBytes = 5 << 26, BaselineBytes = 1 << 28, ActivationsBytes = 1 << 24, Source = "process_resident", States = { new StateMemory { Kind = "kv", AllocatedBytes = 1 << 22 } } },
            Roofline = new Roofline { Mbu = 0.5, Mfu = 0.25 },
        };
        long at = 1_000_000_000;
        for (var i = 0; i < 4; i++)
        {
            var iteration = new Iteration { TtftNs = 400_000_000 + random.Next(10_000_000), Warmup = i == 0 };
            for (var token = 1; token < 64; token++) iteration.InterTokenNs.Add(25_000_000 + random.Next(2_000_000));
            trace.Iterations.Add(iteration);
            trace.Phases.Add(new Phase { Name = i == 0 ? "warmup" : "prefill", Iteration = i - 1, StartNs = at, EndNs = at += iteration.TtftNs });
            trace.Phases.Add(new Phase { Name = "decode", Iteration = i - 1, StartNs = at, EndNs = at += iteration.InterTokenNs.Sum() });
        }

        var profile = (int)Math.Min(LargestProfile, targetBytes / 40);
        for (var i = 0; i < profile; i++)
        {
            trace.Operators.Add(new OperatorTime
            {
                Phase = i % 2 == 0 ? "prefill" : "decode", Node = $"/layers.{i / 16}/mixer/node_{i % 16}", Operator = "edgefleet.StateSpaceDual", OperatorClass = "ssm_scan", Count = 3,
                TimeNs = 10_000 + random.Next(1_000_000), Provider = "CPUExecutionProvider", Shapes = "[1,512,1536][1,512,24]",
            });
        }

        var samples = (int)((targetBytes - profile * 12) / BytesPerSample);
        foreach (var label in (string[])["VDD_IN", "VDD_CPU_GPU_CV"])
        {
            var series = new TelemetrySeries { Metric = "power_watts", Source = "ina3221", Label = label };
            double watts = 9;
            for (var i = 0; i < samples / 2; i++)
            {
                watts = Math.Clamp(watts + random.NextDouble() - 0.5, 4, 25);
                series.TimeNs.Add(1_000_000_000L + i * 5_000_000L + random.Next(20_000));
                series.Value.Add(Math.Round(watts, 3));
            }

            if (series.Value.Count > 0) trace.Telemetry.Add(series);
        }

        return trace;
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
