using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Collector.Bench;

/// <summary>A server in a process of its own, so that its memory and processor time are its alone.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const double TicksPerSecond = 100;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process process;

    private ServerProcess(Process process) => this.process = process;

    /// <summary>Processor time so far, user and system.</summary>
    public double ProcessorSeconds
    {
        get
        {
            // Fields 14 and 15; the name in field 2 may hold spaces, so they are counted from its closing bracket.
            var stat = File.ReadAllText($"/proc/{Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    /// <summary>Resident memory now, bytes.</summary>
    public long ResidentBytes => Status("VmRSS:");

    /// <summary>Highest resident memory, bytes.</summary>
    public long PeakResidentBytes => Status("VmHWM:");

    private string Id => process.Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts one, and waits until it has published its address.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="address">File in which it publishes its address.</param>
    public static async Task<(ServerProcess Server, CollectorAddress Address)> StartAsync(string program, IEnumerable<string> arguments, string address)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) == true) Console.Error.WriteLine(line.Data);
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var deadline = Stopwatch.GetTimestamp();
        while (!File.Exists(address))
        {
            if (process.HasExited) throw new InvalidOperationException($"{program} ended with status {process.ExitCode}.");
            if (Stopwatch.GetElapsedTime(deadline) > StartTimeout) throw new TimeoutException($"{program} did not publish {address}.");
            await Task.Delay(50);
        }

        return (new ServerProcess(process), CollectorAddress.Parse(await File.ReadAllTextAsync(address)));
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private long Status(string name) => long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;
}
