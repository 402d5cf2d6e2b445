namespace EdgeFleet.Collector.Hosting;

/// <summary>Wall time as the contract has it: nanoseconds since the Unix epoch.</summary>
internal static class Clock
{
    /// <summary>Now.</summary>
    public static long UnixNanoseconds(this TimeProvider time) => time.GetUtcNow().ToUnixNanoseconds();

    /// <summary>To nanoseconds since the Unix epoch.</summary>
    public static long ToUnixNanoseconds(this DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Nanoseconds();

    /// <summary>From nanoseconds since the Unix epoch, to 100 ns.</summary>
    public static DateTimeOffset FromUnixNanoseconds(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    /// <summary>A duration in nanoseconds.</summary>
    public static long Nanoseconds(this TimeSpan duration) => duration.Ticks * 100;

    /// <summary>A duration from nanoseconds.</summary>
    public static TimeSpan Duration(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
