using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace EdgeFleet.Agent.Commands;

/// <summary>The program's command line.</summary>
internal static class AgentCommandLine
{
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Parses and runs.</summary>
    public static async Task<int> RunAsync(string[] arguments, AgentConsole console)
    {
        var root = new RootCommand("Measures language models (Transformers, state space models, hybrids) on this machine.")
        {
            BenchCommand.Create(console),
            VerifyCommand.Create(console),
            GenerateCommand.Create(console),
            ExportCommand.Create(console),
            InspectCommand.Create(console),
            ModelsCommand.Create(console),
            DoctorCommand.Create(console),
            RunCommand.Create(console),
            WorkerCommand.Create(),
            ProbeCommand.Create(console),
        };

        // '@' begins a file with an address, or a prompt, and not a file with arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        string[] errors = [.. parsed.Errors.Select(error => error.Message), .. Empty(parsed)];
        if (errors.Length > 0)
        {
            foreach (var error in errors) await console.Error.WriteLineAsync($"error: {error}");
            if (parsed.Action is ParseErrorAction refusal)
            {
                // Of the library's own words only its suggestions for what was misspelt.
                refusal.ShowHelp = false;
                await parsed.InvokeAsync(new InvocationConfiguration { Output = console.Error, Error = TextWriter.Null });
            }

            await console.Error.WriteLineAsync($"Run '{CommandPath(parsed)} --help' to see what is possible.");
            return ExitStatus.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,

            // The daemon gives its run more time than this, and handles signals itself.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == RunCommand.Name ? null : TerminationTimeout,
        };
        return await parsed.InvokeAsync(configuration);
    }

    /// <summary>Options with a text of nothing, such as a script's variable that is not set: no name, file or list is empty.</summary>
    private static IEnumerable<string> Empty(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<OptionResult>().Where(option => option.Tokens.Any(token => token.Value.Length == 0)).Select(option => $"{option.Option.Name} is given nothing.");

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "edgefleet-agent" : "edgefleet-agent " + parsed.CommandResult.Command.Name;
}
