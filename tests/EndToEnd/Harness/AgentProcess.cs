using System.Text.RegularExpressions;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>An agent as a process of its own, which can be killed and started again on the same state.</summary>
internal sealed partial class AgentProcess(string state, string join, params string[] further) : IAsyncDisposable
{
    /// <summary>The process.</summary>
    public TestProcess Process { get; private set; } = null!;

    /// <summary>Its state directory.</summary>
    public string State => state;

    /// <summary>Its device's id.</summary>
    public string DeviceId => DeviceLine().Match(Process.Text).Groups[1].Value;

    /// <summary>Its spool.</summary>
    public string Spool => Path.Combine(state, "spool", DeviceId[..16]);

    /// <summary>Starts it, and waits until it has told who it is.</summary>
    public async Task StartAsync()
    {
        await RememberProbesAsync();
        Process = new TestProcess(Programs.Agent, ["run", "--join", join, "--state", state, "--retry-max", "1", "--label", $"name={Path.GetFileName(state)}", .. further]);
        await Process.SaysAsync(" INF Device ");
    }

    /// <summary>Starts it and waits for its link.</summary>
    public async Task ConnectAsync()
    {
        await StartAsync();
        await Process.SaysAsync("Connected to ");
    }

    /// <summary>Ends it as kill -9 does.</summary>
    public Task KillAsync() => Process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (Process is null) return;
        await Process.TerminateAsync();
        Process.Dispose();
    }

    /// <summary>An agent whose programs differ probes again.</summary>
    private async Task RememberProbesAsync()
    {
        Directory.CreateDirectory(state);
        var mine = Path.Combine(state, "probes");
        if (!File.Exists(mine)) File.Copy(await Probes.FileAsync(), mine);
    }

    [GeneratedRegex(" INF Device ([0-9a-f]{64}),")]
    private static partial Regex DeviceLine();
}
