using EdgeFleet.Inference.Decoding;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>
/// Measures memory of a GPU in a pass of its own: the most that the provider's arena had in use, with what the driver counts beyond the arena
/// (context, code, library workspaces) added (docs/measurement.md, memory).
/// </summary>
internal sealed class DeviceMemoryPass(DecoderSession session, Scenario scenario, ulong seed)
{
    private const string Total = "TotalAllocated";
    private const string Most = "MaxInUse";

    /// <summary>Runs the scenario once.</summary>
    /// <param name="decoder">The scenario's decoder; made after the baseline, so that its state is not in it.</param>
    /// <param name="timer">Drives it.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public Memory Run(Func<SessionDecoder> decoder, Func<SessionDecoder, IterationTimer> timer, CancellationToken cancellation)
    {
        var memory = new Memory
        {
            WeightsBytes = (ulong)session.Manifest.Files.Sum(file => file.Bytes),
            Source = "cuda_arena",
        };
        var (baseline, oneTokenState) = MemoryPass.Baseline(session, scenario, seed, () => session.AllocatorStatistics().GetValueOrDefault(Most), cancellation);
        var measured = decoder();
        MemoryPass.AddStates(memory, measured);
        timer(measured).Run(-1, warmup: true, cancellation);
        var statistics = session.AllocatorStatistics();
        if (!statistics.TryGetValue(Most, out var peak) || !statistics.TryGetValue(Total, out var total))
        {
            memory.Unavailable = "This ONNX Runtime keeps no statistics of its CUDA arena.";
            return memory;
        }

        var (free, all) = session.Cuda!.Memory();
        var beyond = Math.Max(0, all - free - total);
        memory.RuntimeBytes = (ulong)beyond;
        memory.WeightsHeldBytes = (ulong)Math.Max(0, baseline - oneTokenState);
        memory.BaselineBytes = (ulong)(baseline + beyond);
        memory.PeakBytes = (ulong)(peak + beyond);
        memory.ActivationsBytes = peak - baseline - (measured.State.Sum(state => state.Allocated) - oneTokenState);
        return memory;
    }
}
