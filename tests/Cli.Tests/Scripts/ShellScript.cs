using System.Diagnostics;

namespace EdgeFleet.Cli.Tests.Scripts;

/// <summary>Runs the repository's scripts.</summary>
internal static class ShellScript
{
    /// <summary>The repository.</summary>
    public static string Repository { get; } = Root();

    /// <summary>Runs a script to its end.</summary>
    public static async Task<(int Status, string Output, string Errors)> RunAsync(string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(script, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts a script.</summary>
    public static Process Start(string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "EdgeFleet.sln"))) directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("EdgeFleet.sln is above the tests.");
        return directory;
    }
}
