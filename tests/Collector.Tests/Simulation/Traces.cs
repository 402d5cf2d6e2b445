using System.Security.Cryptography;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;

namespace EdgeFleet.Collector.Tests.Simulation;

/// <summary>Traces as an agent would send them.</summary>
internal static class Traces
{
    public static Trace Completed(Assignment assignment, double speed = 1) => Completed(assignment.Run, speed);

    public static Trace Completed(WorkerRun run, double speed = 1)
    {
        var scenario = run.Scenario;
        var ttft = (long)(scenario.ContextTokens * 10_000 / speed);
        var trace = new Trace
        {
            DefinitionsVersion = 1, RunId = run.RunId, Attempt = run.Attempt, Repeat = run.Repeat, Scenario = scenario, End = new RunEnd { Outcome = Outcome.Completed },
            Environment = new Protos.V1.Environment { ConditionsFingerprint = "like" },
            Memory = new Memory { WeightsBytes = 1 << 20, PeakBytes = 4 << 20, ActivationsBytes = 1 << 19, States = { new StateMemory { Kind = "kv", AllocatedBytes = 1 << 16 } } },
            Roofline = new Roofline { Mbu = 0.5, Mfu = 0.25 },
            Energy = { new Energy { Phase = "prefill", GrossJoules = 2, NetJoules = 1, UncertaintyJoules = 0.1 } },
        };
        trace.Iterations.Add(new Iteration { TtftNs = ttft * 2, Warmup = true });
        for (var i = 0; i < 3; i++)
        {
            var iteration = new Iteration { TtftNs = ttft + i };
            for (var token = 1; token < scenario.DecodeTokens; token++) iteration.InterTokenNs.Add((long)(5_000_000 / speed));
            trace.Iterations.Add(iteration);
        }

        return trace;
    }

    public static Trace Ended(Assignment assignment, Outcome outcome, string reason) => new()
    {
        DefinitionsVersion = 1, RunId = assignment.Run.RunId, Attempt = assignment.Run.Attempt, Repeat = assignment.Run.Repeat, Scenario = assignment.Run.Scenario,
        End = new RunEnd { Outcome = outcome, Reason = reason },
    };

    public static byte[] Encode(Trace trace, TraceEncoding encoding)
    {
        if (encoding == TraceEncoding.Identity) return trace.ToByteArray();
        using var compressor = new Compressor(3);
        return compressor.Wrap(trace.ToByteArray()).ToArray();
    }

    public static TraceHeader Header(SimulatedAgent agent, Trace trace, RunOrigin? origin, byte[] bytes, TraceEncoding encoding) => new()
    {
        DeviceId = agent.DeviceId, SpoolId = agent.SpoolId, RunId = trace.RunId, Attempt = trace.Attempt, EncodedBytes = (ulong)bytes.Length, DecodedBytes = (ulong)trace.CalculateSize(),
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Encoding = encoding, Origin = origin,
    };
}
