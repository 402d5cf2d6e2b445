using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Profiling.Device;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>
/// Finds where a GPU's time goes, from CUPTI's records of its kernels, in a session of its own: one warm-up iteration, then one that counts.
/// Decode steps run as they are timed, so as a CUDA graph where they can be.
/// </summary>
internal sealed class DeviceProfilePass(RuntimePack pack, Artifact artifact, DecoderOptions options)
{
    /// <summary>Runs the scenario under the recorder.</summary>
    /// <returns>Operators and device times; a finding instead where CUPTI does not record.</returns>
    public Trace Run(Scenario scenario, ulong seed, CancellationToken cancellation)
    {
        var trace = new Trace();
        try
        {
            using var recorder = ActivityRecorder.Start(pack.CudaMajor);
            Record(trace, recorder, ProfiledIteration.Shorten(scenario), seed, cancellation);
        }
        catch (RuntimeLoadException exception)
        {
            trace = new Trace();
            trace.Findings.Add(new Finding { Code = FindingCodes.ProfileUnavailable, Message = $"No operator profile: {exception.Message}" });
        }

        return trace;
    }

    private void Record(Trace trace, ActivityRecorder recorder, Scenario scenario, ulong seed, CancellationToken cancellation)
    {
        using var session = DecoderSession.Open(pack, artifact, options);
        using var decoder = new SessionDecoder(session, scenario, seed, cancellation);
        ProfiledIteration.WarmUp(decoder, scenario, cancellation);
        decoder.Prepare(cancellation);
        recorder.Take();
        var runs = decoder.Runs;
        decoder.Prefill(cancellation);
        Add(trace, "prefill", recorder, decoder.Runs - runs);
        runs = decoder.Runs;
        ProfiledIteration.Steps(decoder, scenario, cancellation);
        if (decoder.Runs > runs) Add(trace, "decode", recorder, decoder.Runs - runs);
    }

    private static void Add(Trace trace, string phase, ActivityRecorder recorder, int runs)
    {
        var profile = DeviceProfile.Of(recorder.Take());
        trace.Operators.Add(profile.Kernels.Select(kernel => ProfiledIteration.Describe(phase, kernel)));
        trace.DeviceTimes.Add(new DeviceTime { Phase = phase, BusyNs = profile.BusyNs, GapNs = profile.GapNs, Runs = (uint)runs });
    }
}
