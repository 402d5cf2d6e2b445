using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>The log of an agent that runs in the test's own process.</summary>
internal sealed class LogText : ILogEventSink
{
    private readonly StringBuilder text = new();

    public string Text
    {
        get { lock (text) return text.ToString(); }
    }

    public void Emit(LogEvent logEvent)
    {
        lock (text) text.Append(logEvent.RenderMessage(CultureInfo.InvariantCulture)).Append('\n');
    }
}
