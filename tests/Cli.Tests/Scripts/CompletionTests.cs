using Xunit;

namespace EdgeFleet.Cli.Tests.Scripts;

/// <summary>The completion scripts in the shells that they are for; zsh and fish where they are installed.</summary>
public sealed class CompletionTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "edgefleet");
    private readonly string home = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Bash_completes_commands_and_options()
    {
        const string Script = """
            source <("$PROGRAM" completion bash) || exit 9
            complete -p edgefleet > /dev/null || exit 8
            COMP_LINE="$LINE" COMP_POINT=${#LINE}
            _edgefleet "$PROGRAM" "${LINE##* }"
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        await CompletesAsync("bash", ["--norc", "-c", Script]);
    }

    [Fact]
    public async Task Zsh_completes_commands_and_options()
    {
        // What zle defines while a line is edited.
        const string Script = """
            compdef() { : }
            _files() { : }
            compadd() { shift; for found; do [[ $found == "${LINE##* }"* ]] && print -r -- "$found"; done }
            source <("$PROGRAM" completion zsh) || exit 9
            words=("$PROGRAM") CURSOR=${#LINE} BUFFER=$LINE
            _edgefleet
            """;
        await CompletesAsync("zsh", ["-f", "-c", Script]);
    }

    [Fact]
    public async Task Fish_completes_commands_and_options()
    {
        const string Script = """
            function edgefleet; $PROGRAM $argv; end
            $PROGRAM completion fish | source; or exit 9
            complete -C "$LINE"
            """;
        await CompletesAsync("fish", ["--no-config", "-c", Script]);
    }

    private async Task CompletesAsync(string shell, string[] arguments)
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, shell))), $"{shell} is not installed.");
        foreach (var (line, found) in (IEnumerable<(string, string[])>)[("edgefleet swe", ["sweeps"]), ("edgefleet completion ba", ["bash"]), ("edgefleet completion --hel", ["--help"])])
        {
            var environment = new Dictionary<string, string> { ["PROGRAM"] = Program, ["LINE"] = line, ["HOME"] = home };
            var (status, output, errors) = await ShellScript.RunAsync(shell, arguments, environment);
            Assert.True(status == 0, errors);
            Assert.Equal(found, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(reply => reply.Split('\t')[0].Trim()));
        }
    }
}
