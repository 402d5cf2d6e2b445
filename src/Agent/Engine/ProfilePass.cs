using System.Diagnostics;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;
using Trace = EdgeFleet.Protos.V1.Trace;

namespace EdgeFleet.Agent.Engine;

/// <summary>Finds where the time goes, in a profiled session of its own: one warm-up iteration, then one that counts.</summary>
/// <param name="pack">Libraries to run on.</param>
/// <param name="artifact">What to run.</param>
/// <param name="options">How to open the session.</param>
internal sealed class ProfilePass(RuntimePack pack, Artifact artifact, DecoderOptions options)
{
    private const string Prefill = "prefill";
    private const string Decode = "decode";

    /// <summary>Runs the scenario under the profiler. What was timed before stays where the profile cannot be written or read: the trace then says why.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="seed">Seed of the prompt.</param>
    /// <param name="timed">The timed iterations, to tell what profiling costs.</param>
    /// <param name="cancellation">Ends the pass between steps.</param>
    public Trace Run(Scenario scenario, ulong seed, IReadOnlyList<TokenTimes> timed, CancellationToken cancellation)
    {
        try
        {
            return Record(scenario, seed, timed, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            var trace = new Trace();
            trace.Findings.Add(new Finding { Code = FindingCodes.ProfileUnavailable, Message = $"No operator profile, for which temporary space is needed: {exception.Message}" });
            return trace;
        }
    }

    private Trace Record(Scenario scenario, ulong seed, IReadOnlyList<TokenTimes> timed, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("edgefleet-profile-").FullName;
        try
        {
            var shortened = ProfiledIteration.Shorten(scenario);
            string profile;
            int counted, prefills;
            TimeSpan prefillTime, decodeTime;
            using (var session = DecoderSession.Open(pack, artifact, options with { ProfilePrefix = Path.Combine(directory, "operators") }))
            {
                using (var decoder = new SessionDecoder(session, shortened, seed, cancellation))
                {
                    ProfiledIteration.WarmUp(decoder, shortened, cancellation);
                    decoder.Prepare(cancellation);
                    counted = decoder.Runs;
                    var start = Stopwatch.GetTimestamp();
                    decoder.Prefill(cancellation);
                    prefillTime = Stopwatch.GetElapsedTime(start);
                    prefills = decoder.Runs - counted;
                    start = Stopwatch.GetTimestamp();
                    ProfiledIteration.Steps(decoder, shortened, cancellation);
                    decodeTime = Stopwatch.GetElapsedTime(start);
                }

                profile = session.EndProfiling();
            }

            var phases = SessionProfileReader.Read(profile, run => run < counted ? null : run < counted + prefills ? Prefill : Decode);
            var trace = new Trace();
            foreach (var (name, phase) in phases.OrderByDescending(phase => phase.Key, StringComparer.Ordinal))
            {
                trace.Operators.Add(phase.Nodes.Select(node => ProfiledIteration.Describe(name, node)));
                var unprofiled = name == Prefill
                    ? Quantile.Median([.. timed.Select(times => (double)times.TimeToFirstTokenNs)])
                    : Quantile.Median([.. timed.Select(times => (double)times.InterTokenNs.Take(phase.Runs).Sum())]);
                trace.ProfiledPhases.Add(Describe(name, phase, name == Prefill ? prefillTime : decodeTime, unprofiled));
            }

            return trace;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static ProfiledPhase Describe(string name, OperatorProfile phase, TimeSpan profiled, double unprofiledNs) => new()
    {
        Phase = name,
        Runs = (uint)phase.Runs,
        Executions = (uint)Math.Min(phase.Executions, uint.MaxValue),
        RunNs = phase.RunNs,
        NodeNs = phase.NodeNs,
        OverheadPerNodeNs = phase.OverheadPerNodeNs(profiled.TotalNanoseconds, unprofiledNs) ?? 0,
    };
}
