using System.Diagnostics;
using Xunit;

namespace EdgeFleet.Collector.Tests.Prometheus;

/// <summary>Programs of Debian's package.</summary>
internal static class Debian
{
    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Require(string program) =>
        Assert.SkipUnless(
            (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, program))),
            $"{program} is not installed (Debian: apt install prometheus).");

    /// <summary>Runs a program that must succeed.</summary>
    public static async Task RunAsync(string program, string[] arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
    }
}
