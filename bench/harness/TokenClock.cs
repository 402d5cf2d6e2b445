using System.Diagnostics;
using EdgeFleet.Inference.Decoding;

namespace EdgeFleet.Harness.Bench;

/// <summary>Decodes as the measuring engine does: an instant per token.</summary>
/// <param name="decoder">Decoder behind its prompt.</param>
/// <param name="mostSteps">Most steps at a time.</param>
internal sealed class TokenClock(Decoder decoder, int mostSteps)
{
    private readonly long[] instants = new long[mostSteps + 1];

    /// <summary>Decodes a number of tokens.</summary>
    /// <returns>Time per token in microseconds.</returns>
    public double Decode(int steps)
    {
        instants[0] = Stopwatch.GetTimestamp();
        for (var i = 1; i <= steps; i++)
        {
            _ = decoder.Step();
            instants[i] = Stopwatch.GetTimestamp();
        }

        return Microseconds(instants[steps] - instants[0]) / steps;
    }

    /// <summary>Ticks of the clock in microseconds.</summary>
    public static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
