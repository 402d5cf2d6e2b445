namespace EdgeFleet.Measurement.Tokens;

/// <summary>Throughputs from times.</summary>
public static class Throughput
{
    /// <summary>Prompt tokens x batch / TTFT.</summary>
    public static double Prefill(double timeToFirstTokenNs, int promptTokens, int batch) =>
        timeToFirstTokenNs > 0
            ? promptTokens * (double)batch * 1e9 / timeToFirstTokenNs
            : throw new ArgumentOutOfRangeException(nameof(timeToFirstTokenNs), timeToFirstTokenNs, "A time must be positive.");

    /// <summary>Batch / TPOT.</summary>
    public static double Decode(double timePerOutputTokenNs, int batch) =>
        timePerOutputTokenNs > 0
            ? batch * 1e9 / timePerOutputTokenNs
            : throw new ArgumentOutOfRangeException(nameof(timePerOutputTokenNs), timePerOutputTokenNs, "A time must be positive.");
}
