using System.Diagnostics;
using System.Globalization;

namespace EdgeFleet.Collector.Bench;

/// <summary>An <c>edgefleet-agent run</c> of its own. Its warnings go to standard error.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly Process process;

    /// <summary>Starts it.</summary>
    /// <param name="program">The agent's program.</param>
    /// <param name="joinFile">File with the collector's join string.</param>
    /// <param name="state">Its state directory.</param>
    /// <param name="device">What it is to the recording.</param>
    public AgentProcess(string program, string joinFile, string state, RecordedDevice device) => process = Process.Start(new ProcessStartInfo(
        program,
        [
            "run", "--join", "@" + joinFile, "--state", state, "--label", $"{Recorder.Label}={device.Name}", "--sample-period", device.SamplePeriodSeconds.ToString(CultureInfo.InvariantCulture), "--log-level", "warn",
        ])
        { WorkingDirectory = "/" })!;

    /// <summary>Throws where it has ended.</summary>
    public void RequireRunning()
    {
        if (process.HasExited) throw new InvalidOperationException($"{process.StartInfo.FileName} ended with status {process.ExitCode}.");
    }

    /// <summary>Ends it, and with it its worker.</summary>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
