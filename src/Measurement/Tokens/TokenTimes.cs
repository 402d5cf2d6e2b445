using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Tokens;

/// <summary>Times of one iteration and what follows from them (docs/measurement.md, times).</summary>
/// <param name="TimeToFirstTokenNs">From handing the prompt to the session until the first generated id is on the host.</param>
/// <param name="InterTokenNs">From generated token i to i + 1; one fewer than the generated tokens.</param>
public sealed record TokenTimes(long TimeToFirstTokenNs, ImmutableArray<long> InterTokenNs)
{
    /// <summary>Time per output token (t_last - t_first) / (n - 1) in nanoseconds; null where one token or none was generated.</summary>
    public double? TimePerOutputTokenNs => InterTokenNs.IsEmpty ? null : (double)InterTokenNs.Sum() / InterTokenNs.Length;

    /// <summary>Whole iteration.</summary>
    public long TotalNs => TimeToFirstTokenNs + InterTokenNs.Sum();

    /// <summary>Prompt tokens of all sequences over TTFT.</summary>
    public double PrefillTokensPerSecond(int promptTokens, int batch) => Throughput.Prefill(TimeToFirstTokenNs, promptTokens, batch);

    /// <summary>Generated tokens of all sequences per second; null where TPOT is undefined.</summary>
    public double? DecodeTokensPerSecond(int batch) => TimePerOutputTokenNs is { } tpot ? Throughput.Decode(tpot, batch) : null;
}
