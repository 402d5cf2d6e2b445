using System.Globalization;
using Xunit;

namespace EdgeFleet.Cli.Tests.Scripts;

/// <summary>The launcher of the root's commands, in a checkout of its own whose "dotnet" makes a small script instead of a program.</summary>
public sealed class LaunchScriptTests : IDisposable
{
    private const string FakeDotnet = """
        #!/bin/bash
        if [ "$1" = --list-sdks ]; then echo 10.0.100; exit; fi
        echo "$2" >> "$CHECKOUT/built"
        case "$*" in *linux-arm64*) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
        if [ -e "$CHECKOUT/broken" ]; then echo "x.cs(1,2): error CS0001: broken"; exit 1; fi
        if [ -e "$CHECKOUT/interrupted" ]; then kill -INT $PPID; exit 1; fi
        # What a compiler's server does: it stays.
        (sleep 5 > /dev/null 2>&1 &)
        for project in Agent Cli Collector; do
          out=$CHECKOUT/src/$project/bin/Release/net10.0/$rid/publish
          mkdir -p "$out"
          for program in edgefleet edgefleet-agent edgefleet-collector; do cp "$CHECKOUT/src/Cli/program" "$out/$program"; done
          cp "$CHECKOUT/src/Cli/data" "$out/data"
        done
        """;

    // Says what lies beside it now, and once more after a line came in.
    private const string Program = """
        #!/bin/bash
        here=$(dirname "$0")
        cat "$here/data"
        if [ "${1:-}" = wait ]; then
          while [ ! -e "$CHECKOUT/go" ]; do sleep 0.05; done
          cat "$here/data"
        fi
        """;

    private readonly string checkout = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
    private readonly Dictionary<string, string> environment;

    public LaunchScriptTests()
    {
        foreach (var directory in (string[])["scripts", "src/Cli", "models", "bin"]) Directory.CreateDirectory(Path.Combine(checkout, directory));
        foreach (var script in (string[])["programs.sh", "launch.sh", "prerequisites.sh"]) File.Copy(Path.Combine(ShellScript.Repository, "scripts", script), Path.Combine(checkout, "scripts", script));
        foreach (var file in (string[])["Directory.Build.props", "Directory.Packages.props", "EdgeFleet.Programs.slnf", "global.json"]) File.WriteAllText(Path.Combine(checkout, file), "");
        WriteExecutable("bin/dotnet", FakeDotnet);
        WriteExecutable("src/Cli/program", Program);
        Write("src/Cli/data", "one\n");
        environment = new() { ["CHECKOUT"] = checkout, ["PATH"] = $"{checkout}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    public void Dispose() => Directory.Delete(checkout, recursive: true);

    [Fact]
    public async Task A_program_is_built_once_however_many_start_it_and_again_when_a_source_changes_or_goes()
    {
        var starts = await Task.WhenAll(RunAsync(), RunAsync(), RunAsync());
        Assert.All(starts, s => Assert.Equal((0, "one\n"), (s.Status, s.Output)));
        Assert.Equal(1, Builds());
        Write("src/Cli/further", "x");
        await RunAsync();
        Assert.Equal(2, Builds());
        File.Delete(Path.Combine(checkout, "src/Cli/further"));
        await RunAsync();
        await RunAsync();
        Assert.Equal(3, Builds());
    }

    [Fact]
    public async Task A_program_that_runs_keeps_its_files_while_a_newer_one_is_built_and_used()
    {
        using var running = ShellScript.Start(Path.Combine(checkout, "scripts/launch.sh"), ["edgefleet", "wait"], environment);
        Assert.Equal("one", await running.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        for (var i = 2; i < 4; i++)
        {
            Write("src/Cli/data", string.Create(CultureInfo.InvariantCulture, $"{i}\n"));
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{i}\n"), (await RunAsync()).Output);
        }

        Write("go", "");
        Assert.Equal("one", await running.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await running.WaitForExitAsync(TestContext.Current.CancellationToken);

        // Nobody holds the old ones any more: the next build removes them.
        Write("src/Cli/data", "last\n");
        await RunAsync();
        Assert.Single(Directory.GetDirectories(Path.Combine(checkout, ".edgefleet/builds")));
    }

    [Fact]
    public async Task Programs_that_are_used_together_are_one_build_and_one_that_is_there_is_not_built_again()
    {
        const string Use = ". scripts/programs.sh; use_programs edgefleet-agent edgefleet-collector edgefleet; ls ${directories[@]/%//edgefleet-agent}";
        var (status, output, errors) = await ShellScript.RunAsync("/bin/bash", ["-c", $"set -eu; cd {checkout}; {Use}"], environment);
        Assert.True(status == 0, errors);
        Assert.Equal(3, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
        Assert.Equal("one\n", (await RunAsync()).Output);
        Assert.EndsWith("/EdgeFleet.Programs.slnf", Assert.Single(Built()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_fails_says_why_and_leaves_nothing_behind()
    {
        Write("broken", "");
        var (status, _, errors) = await RunAsync();
        Assert.Equal(2, status);
        Assert.Contains("error CS0001", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(checkout, ".edgefleet/builds")));
    }

    [Fact]
    public async Task A_build_that_is_interrupted_did_not_fail_and_the_next_start_goes_on()
    {
        Write("interrupted", "");
        var (status, _, errors) = await ShellScript.RunAsync("/usr/bin/env", ["--default-signal=INT", Path.Combine(checkout, "scripts/launch.sh"), "edgefleet"], environment);
        Assert.Equal(130, status);
        Assert.EndsWith("The build was interrupted; the next start goes on with it.\n", errors, StringComparison.Ordinal);
        File.Delete(Path.Combine(checkout, "interrupted"));
        Assert.Equal("one\n", (await RunAsync()).Output);
    }

    [Fact]
    public async Task Nothing_is_built_when_a_prerequisite_is_missing()
    {
        WriteExecutable("scripts/prerequisites.sh", "#!/bin/bash\necho 'Missing packages.' >&2\nexit 2\n");
        var (status, _, errors) = await RunAsync();
        Assert.Equal((2, "Missing packages.\n"), (status, errors));
        Assert.False(File.Exists(Path.Combine(checkout, "built")));
    }

    private Task<(int Status, string Output, string Errors)> RunAsync() => ShellScript.RunAsync(Path.Combine(checkout, "scripts/launch.sh"), ["edgefleet"], environment);

    private int Builds() => Built().Length;

    private string[] Built() => File.ReadAllLines(Path.Combine(checkout, "built"));

    private void Write(string path, string text) => File.WriteAllText(Path.Combine(checkout, path), text);

    private void WriteExecutable(string path, string text)
    {
        Write(path, text);
        File.SetUnixFileMode(Path.Combine(checkout, path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
