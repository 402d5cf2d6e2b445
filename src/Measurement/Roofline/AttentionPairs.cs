namespace EdgeFleet.Measurement.Roofline;

/// <summary>Counts (query, key) pairs of causal attention.</summary>
public static class AttentionPairs
{
    /// <summary>Pairs of <paramref name="tokens"/> queries behind <paramref name="past"/> cached tokens: the i-th sees past + i.</summary>
    public static long Full(long past, long tokens) => checked((tokens * past) + (tokens * (tokens + 1) / 2));

    /// <summary>As <see cref="Full"/> where a query sees at most <paramref name="window"/> tokens, itself included.</summary>
    public static long Windowed(long past, long tokens, long window)
    {
        // Queries that see fewer than a whole window: those with past + i < window.
        var growing = Math.Clamp(window - past, 0, tokens);
        return checked(Full(past, growing) + ((tokens - growing) * window));
    }
}
