using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Finds where the time goes, in a profiled session of its own: one warm-up iteration, then one that counts.</summary>
internal sealed class ProfilePass(RuntimePack pack, Artifact artifact, DecoderOptions options)
{
    /// <summary>Runs the scenario under the profiler.</summary>
    public IEnumerable<OperatorTime> Run(Scenario scenario, ulong seed, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("edgefleet-profile-").FullName;
        try
        {
            var shortened = ProfiledIteration.Shorten(scenario);
            string profile;
            int counted, prefills;
            using (var session = DecoderSession.Open(pack, artifact, options with { ProfilePrefix = Path.Combine(directory, "operators") }))
            {
                using (var decoder = new SessionDecoder(session, shortened, seed, cancellation))
                {
                    ProfiledIteration.WarmUp(decoder, shortened, cancellation);
                    decoder.Prepare(cancellation);
                    counted = decoder.Runs;
                    decoder.Prefill(cancellation);
                    prefills = decoder.Runs - counted;
                    ProfiledIteration.Steps(decoder, shortened, cancellation);
                }

                profile = session.EndProfiling();
            }

            var phases = SessionProfileReader.Read(profile, run => run < counted ? null : run < counted + prefills ? "prefill" : "decode");
            return [.. phases.SelectMany(phase => phase.Value.Nodes.Select(node => ProfiledIteration.Describe(phase.Key, node)))];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
