using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Structured logs on standard error, as compact JSON when that is not a terminal.</summary>
internal static class Logging
{
    /// <summary>Configures a log.</summary>
    /// <param name="log">What is configured.</param>
    /// <param name="collectorId">The collector, which every line names.</param>
    /// <param name="quiet">Whether only warnings are written.</param>
    /// <param name="isStopping">Whether the collector is on its way out.</param>
    public static void Configure(LoggerConfiguration log, string collectorId, bool quiet, Func<bool> isStopping)
    {
        log.MinimumLevel.Is(quiet ? LogEventLevel.Warning : LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error)

            // It warns of settings that are meant (no server GC on small machines), and of the first tick of its watchdog.
            .MinimumLevel.Override("Orleans", LogEventLevel.Error)
            .MinimumLevel.Override("Grpc", LogEventLevel.Warning)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            // A cluster of one has nowhere to move its grains to when it ends, and calls between them that are under way find nobody: the database has what matters.
            .Filter.ByExcluding(line => isStopping() && line.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
                && source is ScalarValue { Value: string name } && (name.StartsWith("Orleans", StringComparison.Ordinal) || name.StartsWith("Polly", StringComparison.Ordinal)))
            .Enrich.WithProperty("collector", collectorId);
        if (Console.IsErrorRedirected) log.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
        else log.WriteTo.Console(standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
    }
}
