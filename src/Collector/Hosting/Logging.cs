using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Structured logs on standard error, as compact JSON when that is not a terminal.</summary>
internal static class Logging
{
    /// <summary>Configures a log.</summary>
    public static void Configure(LoggerConfiguration log, DataDirectory data, bool quiet)
    {
        log.MinimumLevel.Is(quiet ? LogEventLevel.Warning : LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error)

            // It warns of settings that are meant (no server GC on small machines), and of the first tick of its watchdog.
            .MinimumLevel.Override("Orleans", LogEventLevel.Error)
            .MinimumLevel.Override("Grpc", LogEventLevel.Warning)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            .Enrich.WithProperty("collector", data.CollectorId);
        if (Console.IsErrorRedirected) log.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
        else log.WriteTo.Console(standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
    }
}
