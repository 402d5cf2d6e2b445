using System.CommandLine;

namespace EdgeFleet.Cli.Commands;

/// <summary>What a command with subcommands does when none is named.</summary>
internal static class CommandDefaults
{
    /// <summary>Makes a command alone do what one of its subcommands does, with the same options.</summary>
    public static Command DefaultingTo(this Command command, Command subcommand)
    {
        foreach (var option in subcommand.Options) command.Options.Add(option);
        command.Action = subcommand.Action;
        return command;
    }
}
