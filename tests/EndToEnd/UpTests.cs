using EdgeFleet.EndToEnd.Harness;
using Xunit;

namespace EdgeFleet.EndToEnd;

/// <summary><c>edgefleet up</c> as a process, with a collector and an agent of its own.</summary>
public sealed class UpTests : IDisposable
{
    private const int Sigkill = 9;

    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-e2e-").FullName;

    private string Data => Path.Combine(directory, "data");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_signal_stops_everything_with_status_0_and_the_next_start_completes_the_sweep()
    {
        using (var first = new TestProcess("/usr/bin/env", await CommandAsync()))
        {
            await first.SaysAsync("1/4 ended");
            Assert.Equal(0, await first.TerminateAsync());
            AssertNobodyRuns();
        }

        using var second = new TestProcess("/usr/bin/env", await CommandAsync("--once"));
        Assert.True(await second.ExitAsync() == 0, second.Text);
        Assert.Contains("goes on.", second.Text, StringComparison.Ordinal);
        Assert.Contains("All 4 runs completed", second.Text, StringComparison.Ordinal);
        AssertNobodyRuns();
    }

    [Fact]
    public async Task A_terminal_that_is_closed_stops_everything_in_order()
    {
        var command = string.Join(' ', (await CommandAsync()).Select(argument => $"'{argument}'"));

        // Under nohup these tests ignore SIGHUP, and so would what they start.
        using var terminal = new TestProcess("/usr/bin/script", "-qec", "exec env --default-signal=HUP " + command, "/dev/null");
        await terminal.SaysAsync("1/4 ended");
        Signals.Send(terminal.Id, Sigkill);
        await Wait.UntilAsync(() => IsFree("up.lock"), () => $"up has ended\n{terminal.Text}");
        AssertNobodyRuns();
    }

    // The lock of up is given back last.
    private void AssertNobodyRuns()
    {
        foreach (var name in (string[])["up.lock", "collector/lock", "agent/lock"]) Assert.True(IsFree(name), $"{name} is held");
    }

    private bool IsFree(string name)
    {
        try
        {
            using var file = new FileStream(Path.Combine(Data, name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<string[]> CommandAsync(params string[] further)
    {
        var sweep = Path.Combine(directory, "sweep.yaml");
        await File.WriteAllTextAsync(sweep, "models: [tiny-llama]\ncontext: 8\ndecode: 2\nrepeats: 4\nengine: {max_warmup_iterations: 1, max_iterations: 1}\n");
        return
        [
            $"EDGEFLEET_AGENT_PROGRAM={Programs.Agent}", $"EDGEFLEET_COLLECTOR_PROGRAM={Programs.Collector}", Programs.CommandLine, "up",
            "--data", Data, "--port", "0", "--listen", "127.0.0.1", "--host", "localhost", "--models", await TestModels.WriteAsync(directory), "--sweep", sweep, .. further,
        ];
    }
}
