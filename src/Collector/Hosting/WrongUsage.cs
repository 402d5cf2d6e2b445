using System.CommandLine;
using System.CommandLine.Invocation;

namespace EdgeFleet.Collector.Hosting;

/// <summary>What is said of a command line that cannot be read: its errors, and not the whole help.</summary>
internal static class WrongUsage
{
    /// <summary>Exit status of wrong usage.</summary>
    public const int Status = 2;

    /// <summary>Reports the errors, if there are any.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="program">Name of the program.</param>
    /// <returns>Whether it was wrong.</returns>
    public static async Task<bool> ReportAsync(ParseResult parsed, string program)
    {
        if (parsed.Action is not ParseErrorAction refusal) return false;
        foreach (var message in parsed.Errors.Select(error => error.Message).Distinct()) await Console.Error.WriteLineAsync($"{program}: {message}");

        // Of the library's own words only its suggestions for what was misspelt.
        refusal.ShowHelp = false;
        await parsed.InvokeAsync(new InvocationConfiguration { Output = Console.Error, Error = TextWriter.Null });
        await Console.Error.WriteLineAsync("'--help' shows how it is used.");
        return true;
    }
}
