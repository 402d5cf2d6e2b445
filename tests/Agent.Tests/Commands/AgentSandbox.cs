using System.Diagnostics;
using System.Globalization;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary>A directory for a test of the program as users run it, on the tiny checkpoints of tests/Fixtures, with a cache that no other test uses.</summary>
internal sealed class AgentSandbox : IDisposable
{
    /// <summary>The directory.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    /// <summary>The cache in it.</summary>
    public string Cache => Path.Combine(Root, "cache");

    /// <summary>Runs <c>bench</c> for a short time and without the probe of the machine's limits, which takes longer than what it would be held against.</summary>
    public Task<AgentRun> BenchAsync(params string[] arguments) =>
        AgentRun.OfAsync(["bench", "--output", "jsonl", "--no-roofline", "--cache", Cache, "--warmup-time", "0.5", "--measure-time", "0.5", .. arguments]);

    /// <summary>Runs <c>verify</c> against a checkpoint's reference.</summary>
    public Task<AgentRun> VerifyAsync(string name, params string[] arguments) => AgentRun.OfAsync(
        ["verify", Fixture.Checkpoint(name), "--reference", Path.Combine(Fixture.Checkpoint(name), "reference.safetensors"), "--output", "json", "--cache", Cache, .. arguments]);

    /// <summary>Starts the program.</summary>
    /// <remarks>What a shell starts in the background ignores SIGINT, and so would the program: tests that run there would wait for a whole bench.</remarks>
    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", AgentRun.Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Finds the worker of the bench that uses this test's cache, by its parent's command line.</summary>
    public async Task<Process> FindWorkerAsync()
    {
        while (true)
        {
            foreach (var candidate in Process.GetProcessesByName("edgefleet-agent"))
            {
                if (CommandLine(candidate.Id) is ["worker", ..] arguments
                    && CommandLine(int.Parse(arguments[^1], CultureInfo.InvariantCulture)).Contains(Cache))
                {
                    return candidate;
                }

                candidate.Dispose();
            }

            await Task.Delay(20);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static string[] CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries)[1..];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return []; // It has ended.
        }
    }
}
