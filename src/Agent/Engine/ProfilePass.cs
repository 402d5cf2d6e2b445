using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Finds where the time goes, in a profiled session of its own: one warm-up iteration, then one that counts.</summary>
internal sealed class ProfilePass(RuntimePack pack, Artifact artifact, DecoderOptions options)
{
    /// <summary>Steps whose operators are recorded; more would only make the profile larger.</summary>
    private const int MaximumDecodeTokens = 33;

    /// <summary>Runs the scenario under the profiler.</summary>
    public IEnumerable<OperatorTime> Run(Scenario scenario, ulong seed, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("edgefleet-profile-").FullName;
        try
        {
            var shortened = scenario.Clone();
            shortened.DecodeTokens = Math.Min(scenario.DecodeTokens, MaximumDecodeTokens);
            string profile;
            int counted, prefills;
            using (var session = DecoderSession.Open(pack, artifact, options with { ProfilePrefix = Path.Combine(directory, "operators") }))
            {
                using (var decoder = new SessionDecoder(session, shortened, seed, cancellation))
                {
                    Iterate(decoder, shortened, cancellation);
                    decoder.Prepare(cancellation);
                    counted = decoder.Runs;
                    decoder.Prefill(cancellation);
                    prefills = decoder.Runs - counted;
                    Steps(decoder, shortened, cancellation);
                }

                profile = session.EndProfiling();
            }

            var phases = SessionProfileReader.Read(profile, run => run < counted ? null : run < counted + prefills ? "prefill" : "decode");
            return [.. phases.SelectMany(phase => phase.Value.Nodes.Select(node => Describe(phase.Key, node)))];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Iterate(SessionDecoder decoder, Scenario scenario, CancellationToken cancellation)
    {
        decoder.Prepare(cancellation);
        decoder.Prefill(cancellation);
        Steps(decoder, scenario, cancellation);
    }

    private static void Steps(SessionDecoder decoder, Scenario scenario, CancellationToken cancellation)
    {
        for (var token = 1; token < scenario.DecodeTokens; token++)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Step();
        }
    }

    private static OperatorTime Describe(string phase, NodeTime node) => new()
    {
        Phase = phase,
        Node = node.Node,
        Operator = node.Operator,
        OperatorClass = node.Class.Name(),
        Count = (uint)Math.Min(node.Count, uint.MaxValue),
        TimeNs = node.TimeNs,
        Provider = node.Provider,
        Shapes = node.Shapes,
    };
}
