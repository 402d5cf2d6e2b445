using System.Globalization;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace EdgeFleet.Agent.Daemon;

/// <summary>Structured logs on standard error. Configured in code: reading a configuration by reflection does not survive ahead-of-time compilation.</summary>
internal static class AgentLogging
{
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Makes a log.</summary>
    /// <param name="level">Least level.</param>
    /// <param name="asJson">Compact JSON, one object a line, instead of text.</param>
    public static Logger Create(LogEventLevel level, bool asJson)
    {
        var configuration = new LoggerConfiguration().MinimumLevel.Is(level);
        return (asJson
            ? configuration.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            : configuration.WriteTo.Console(outputTemplate: Template, standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: CultureInfo.InvariantCulture)).CreateLogger();
    }
}
