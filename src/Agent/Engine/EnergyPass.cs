using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>
/// Repeats work that is too short for the sensors until it lasts long enough: first prefills alone, then whole iterations, whose difference is the
/// decode (docs/measurement.md, energy). A pass of its own, after the timed iterations; zeroing the state is within its spans.
/// </summary>
internal sealed class EnergyPass(IDecoderUnderTest decoder, IterationTimer timer, long leastNs)
{
    private const uint MostRepeats = 100_000;

    /// <summary>Makes the pass.</summary>
    /// <param name="prefillNs">What a prefill takes.</param>
    /// <param name="decodeNs">What a decode takes; 0 where there is none.</param>
    /// <param name="cancellation">Ends the pass between iterations.</param>
    /// <returns>Its spans; none where the timed iterations are long enough themselves.</returns>
    public IEnumerable<Phase> Run(double prefillNs, double decodeNs, CancellationToken cancellation)
    {
        if (leastNs <= 0 || (prefillNs >= leastNs && (decodeNs >= leastNs || decodeNs == 0))) yield break;
        yield return Repeat("energy_prefill", () =>
        {
            decoder.Prepare(cancellation);
            decoder.Prefill(cancellation);
        });
        if (decodeNs > 0) yield return Repeat("energy_full", () => timer.Run(-1, warmup: true, cancellation));
    }

    private Phase Repeat(string name, Action work)
    {
        var span = new Phase { Name = name, Iteration = -1, StartNs = timer.Now() };
        do
        {
            work();
            span.Repeats++;
            span.EndNs = timer.Now();
        }
        while (span.EndNs - span.StartNs < leastNs && span.Repeats < MostRepeats);

        return span;
    }
}
