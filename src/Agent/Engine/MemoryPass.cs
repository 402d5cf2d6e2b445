using EdgeFleet.Agent.Machine;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Measures resident memory of a scenario in a pass of its own (docs/measurement.md, memory).</summary>
internal sealed class MemoryPass(DecoderSession session, Scenario scenario, ulong seed)
{
    /// <summary>Runs the scenario once.</summary>
    /// <param name="decoder">The scenario's decoder; made after the baseline, so that its state is not in it.</param>
    /// <param name="timer">Drives it.</param>
    /// <param name="bare">Memory before the model was loaded, with ONNX Runtime's library.</param>
    /// <param name="ready">Memory when the session was ready.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public Memory Run(Func<SessionDecoder> decoder, Func<SessionDecoder, IterationTimer> timer, ResidentMemory bare, ResidentMemory ready, CancellationToken cancellation)
    {
        var memory = new Memory
        {
            WeightsBytes = (ulong)session.Manifest.Files.Sum(file => file.Bytes),
            LoadTransientBytes = (ulong)Math.Max(0, ready.PeakBytes - ready.Bytes),
            RuntimeBytes = (ulong)bare.Bytes,
            Source = "process_resident",
        };
        var (baseline, oneTokenState) = Baseline(session, scenario, seed, ResidentMemory.Read, cancellation);
        memory.BaselineBytes = (ulong)baseline.Bytes;
        var measured = decoder();
        AddStates(memory, measured);
        try
        {
            ResidentMemory.ResetPeak();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            memory.Unavailable = $"The high-water mark cannot be reset: {exception.Message}";
            return memory;
        }

        timer(measured).Run(-1, warmup: true, cancellation);
        var after = ResidentMemory.Read();
        var added = measured.State.Sum(state => state.Allocated) - oneTokenState;
        memory.PeakBytes = (ulong)after.PeakBytes;
        var touchedLater = Math.Max(0, after.FileBytes - baseline.FileBytes);
        memory.ActivationsBytes = after.PeakBytes - baseline.Bytes - added - touchedLater;
        memory.WeightsHeldBytes = (ulong)Math.Max(0, baseline.Bytes - bare.Bytes - oneTokenState + touchedLater);
        return memory;
    }

    /// <summary>Prefills the scenario with one prompt token alone, and takes the baseline while its state is there.</summary>
    /// <typeparam name="T">What the memory is known by.</typeparam>
    /// <param name="session">The session.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="seed">Seed of the prompt.</param>
    /// <param name="read">Takes the baseline.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The baseline, and the bytes of the state that is in it.</returns>
    public static (T Baseline, long StateBytes) Baseline<T>(DecoderSession session, Scenario scenario, ulong seed, Func<T> read, CancellationToken cancellation)
    {
        var oneToken = scenario.Clone();
        (oneToken.ContextTokens, oneToken.DepthTokens, oneToken.DecodeTokens, oneToken.PrefillChunkTokens) = (1, 0, 0, 0);
        using var probe = new SessionDecoder(session, oneToken, seed, cancellation);
        probe.Prepare(cancellation);
        probe.Prefill(cancellation);
        return (read(), probe.State.Sum(state => state.Allocated));
    }

    /// <summary>The state's bytes by kind.</summary>
    public static void AddStates(Memory memory, SessionDecoder decoder)
    {
        foreach (var state in decoder.State)
        {
            memory.States.Add(new StateMemory
            {
                Kind = state.Kind switch { StateKind.Kv => "kv", StateKind.Recurrent => "recurrent", _ => "convolution" },
                ComputedBytes = (ulong)state.Needed,
                AllocatedBytes = (ulong)state.Allocated,
            });
        }
    }
}
