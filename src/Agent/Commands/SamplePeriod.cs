using System.CommandLine;
using System.Globalization;
using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Commands;

/// <summary>How often the sensors are read during a run.</summary>
internal static class SamplePeriod
{
    // The sampler's thread sleeps in whole milliseconds; reading more often would keep a processor busy.
    private const double Shortest = 0.001;
    private const double Longest = 3600;

    /// <summary>The option.</summary>
    public static Option<double> Option() => NumericOption.Of<double>(
        "--sample-period", "Seconds between two readings of the sensors during a run; 0 reads none.", TelemetrySampler.DefaultPeriod.TotalSeconds, "SECONDS");

    /// <summary>Its value.</summary>
    /// <exception cref="UsageException">It is outside what can be kept.</exception>
    public static TimeSpan Of(ParseResult parsed, Option<double> option) =>
        parsed.GetRequiredValue(option) is var seconds && seconds is 0 or (>= Shortest and <= Longest)
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {seconds} is neither 0 nor {Shortest} to {Longest} seconds."));
}
