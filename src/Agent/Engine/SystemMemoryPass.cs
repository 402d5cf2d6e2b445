using EdgeFleet.Agent.Machine;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>
/// Measures memory where processor and GPU share it (Jetson) and neither a process's pages nor the driver's count tells all: by how much the system's available
/// memory drops (docs/measurement.md, memory). Other processes are in it, too.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="scenario">The scenario.</param>
/// <param name="seed">Seed of the prompt.</param>
/// <param name="availableBefore">What was available before the model was loaded, bytes.</param>
internal sealed class SystemMemoryPass(DecoderSession session, Scenario scenario, ulong seed, long availableBefore)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs the scenario once.</summary>
    /// <param name="decoder">The scenario's decoder; made after the baseline, so that its state is not in it.</param>
    /// <param name="timer">Drives it.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public Memory Run(Func<SessionDecoder> decoder, Func<SessionDecoder, IterationTimer> timer, CancellationToken cancellation)
    {
        var memory = new Memory { WeightsBytes = (ulong)session.Manifest.Files.Sum(file => file.Bytes), Source = "system_available" };
        var (baseline, oneTokenState) = MemoryPass.Baseline(session, scenario, seed, () => availableBefore - Available(), cancellation);
        var measured = decoder();
        MemoryPass.AddStates(memory, measured);
        using var watch = new AvailableMemoryWatch(Available, Period);
        timer(measured).Run(-1, warmup: true, cancellation);
        var peak = availableBefore - watch.Finish();
        if (peak <= 0 || baseline <= 0)
        {
            memory.Unavailable = "The system had more memory available with the model than without: other processes gave some back meanwhile.";
            return memory;
        }

        memory.BaselineBytes = (ulong)baseline;
        memory.PeakBytes = (ulong)peak;
        memory.WeightsHeldBytes = (ulong)Math.Max(0, baseline - oneTokenState);
        memory.ActivationsBytes = peak - baseline - (measured.State.Sum(state => state.Allocated) - oneTokenState);
        return memory;
    }

    private static long Available() => MemoryInformation.Read().AvailableBytes;
}
