using System.Diagnostics;
using System.Text.Json;

namespace EdgeFleet.Agent.Tests.Commands;

/// <summary>What the program did when it was run as a user runs it.</summary>
internal sealed record AgentRun(int Status, string Output, string Error)
{
    /// <summary>The program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "edgefleet-agent");

    /// <summary>Its output of JSON Lines.</summary>
    public JsonElement[] Lines() => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public static async Task<AgentRun> OfAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new AgentRun(process.ExitCode, await output, await error);
    }
}
