using System.CommandLine;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet completion</c>: scripts that make a shell complete what the parser knows.</summary>
internal static class CompletionCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a shell's completion script, e.g. source <(edgefleet completion bash).") { shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(Script(parsed.GetRequiredValue(shell))));
        return command;
    }

    // Each script hands the line so far to the parser's [suggest:POSITION] directive, so that completions are never out of date.
    private static string Script(string shell) => shell switch
    {
        "bash" => """
            _edgefleet() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$("$1" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$2"))
            }
            complete -o default -F _edgefleet edgefleet

            """,
        "zsh" => """
            #compdef edgefleet
            _edgefleet() {
                local -a found
                found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                (( ${#found} )) && [[ -n "${found[1]}" ]] && compadd -- "${found[@]}" || _files
            }
            (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit; }
            compdef _edgefleet edgefleet

            """,
        _ => """
            function __edgefleet_complete
                set -l words (commandline -opc)
                set -l line (commandline -cp)
                set -l found ($words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -rv '^$')
                if test (count $found) -gt 0
                    printf '%s\n' $found
                else
                    __fish_complete_path (commandline -ct)
                end
            end
            complete -c edgefleet -f -a '(__edgefleet_complete)'

            """,
    };
}
