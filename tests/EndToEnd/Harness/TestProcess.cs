using System.Diagnostics;
using System.Text;
using EdgeFleet.Agent.Worker;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A program that runs, with all that it says.</summary>
internal sealed class TestProcess : IDisposable
{
    private const int Sigterm = 15;
    private readonly StringBuilder text = new();
    private readonly Process process;
    private readonly Task reading;

    /// <summary>Starts a program.</summary>
    public TestProcess(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };

        // Short lives: instrumenting for later optimisation costs more than it gains.
        start.Environment["DOTNET_TieredPGO"] = "0";
        process = Process.Start(start)!;
        reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Its id.</summary>
    public int Id => process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>All that it said.</summary>
    public string Text
    {
        get { lock (text) return text.ToString(); }
    }

    /// <summary>Lines that hold a text.</summary>
    public int Count(string part) => Text.Split('\n').Count(line => line.Contains(part, StringComparison.Ordinal));

    /// <summary>Waits until it has said something a number of times.</summary>
    public Task SaysAsync(string part, int times = 1) => Wait.UntilAsync(
        () => Count(part) >= times || (process.HasExited ? throw new InvalidOperationException($"The program ended with status {process.ExitCode} before it said '{part}':\n{Text}") : false),
        () => $"'{part}' is said {times} times:\n{Text}");

    /// <summary>Ends it as kill -9 does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        await reading;
    }

    /// <summary>Asks it to end.</summary>
    /// <returns>Exit status.</returns>
    public async Task<int> TerminateAsync()
    {
        if (!process.HasExited) Signals.Send(process.Id, Sigterm);
        return await ExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Wait.Limit);
        await reading;
        return process.ExitCode;
    }

    /// <summary>Its child processes.</summary>
    public IReadOnlyList<int> Children() =>
    [
        .. Directory.EnumerateDirectories($"/proc/{process.Id}/task").Select(task => Path.Combine(task, "children")).Where(File.Exists)
            .SelectMany(file => File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(id => int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)),
    ];

    /// <summary>Kills its first child, if there is one.</summary>
    public bool KillChild()
    {
        foreach (var child in Children())
        {
            Signals.Send(child, Posix.Sigkill);
            return true;
        }

        return false;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private async Task ReadAsync(TextReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (text) text.Append(line).Append('\n');
        }
    }
}
