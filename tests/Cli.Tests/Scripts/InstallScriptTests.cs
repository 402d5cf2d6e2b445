using Xunit;

namespace EdgeFleet.Cli.Tests.Scripts;

/// <summary>The install scripts into a staging root, with programs that do nothing.</summary>
public sealed class InstallScriptTests : IDisposable
{
    private const string JoinString = "edgefleet://token@collector.example:7443#0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

    private static readonly string Desktop = Path.Combine(ShellScript.Repository, "deploy/desktop/install.sh");
    private static readonly string Jetson = Path.Combine(ShellScript.Repository, "deploy/jetson/install.sh");

    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public InstallScriptTests()
    {
        Directory.CreateDirectory(Programs);
        foreach (var name in (string[])["edgefleet-agent", "edgefleet-collector"]) File.Copy("/bin/true", Path.Combine(Programs, name));
        File.WriteAllText(Join, JoinString);
    }

    private string Root => Path.Combine(directory, "root");

    private string Programs => Path.Combine(directory, "programs");

    private string Join => Path.Combine(directory, "join-string");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task An_agent_is_installed_updated_and_removed_and_its_secret_is_for_root_alone()
    {
        await SucceedAsync(Desktop, "agent", "--join-file", Join, "--label", "site=lab", "--directory", Programs, "--root", Root);
        Assert.Equal(JoinString, Read(Of("etc/edgefleet/join-string")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Of("etc/edgefleet/join-string")));
        Assert.DoesNotContain("token", Read(Of("etc/systemd/system/edgefleet-agent.service")), StringComparison.Ordinal);
        var unit = File.GetLastWriteTimeUtc(Of("etc/systemd/system/edgefleet-agent.service"));

        // Again, without the string and labels: both stay, and an equal file is not written anew.
        await SucceedAsync(Desktop, "agent", "--directory", Programs, "--root", Root);
        Assert.Contains("--label site=lab", Read(Of("etc/edgefleet/agent.conf")), StringComparison.Ordinal);
        Assert.Equal(unit, File.GetLastWriteTimeUtc(Of("etc/systemd/system/edgefleet-agent.service")));

        Write(Path.Combine(Programs, "further"), "x");
        await SucceedAsync(Desktop, "agent", "--directory", Programs, "--root", Root);
        Assert.True(File.Exists(Of("opt/edgefleet/agent/further")));
        Assert.Equal(["agent"], Directory.GetDirectories(Of("opt/edgefleet")).Select(Path.GetFileName));

        // Options that were written by hand outlive new labels.
        Write(Of("etc/edgefleet/agent.conf"), "EDGEFLEET_AGENT_OPTIONS=\"--cache-size 16GiB\"\n");
        Assert.Contains("agent.conf.previous", await SucceedAsync(Desktop, "agent", "--label", "site=roof", "--directory", Programs, "--root", Root), StringComparison.Ordinal);
        Assert.Contains("--label site=roof", Read(Of("etc/edgefleet/agent.conf")), StringComparison.Ordinal);
        Assert.Contains("--cache-size 16GiB", Read(Of("etc/edgefleet/agent.conf.previous")), StringComparison.Ordinal);

        await SucceedAsync(Desktop, "uninstall", "agent", "--root", Root);
        Assert.Empty(Directory.GetFiles(Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_collector_brings_all_that_Prometheus_and_Grafana_read()
    {
        await SucceedAsync(Desktop, "collector", "--host", "fleet.example", "--directory", Programs, "--root", Root);
        Assert.Contains("--host fleet.example", Read(Of("etc/edgefleet/collector.conf")), StringComparison.Ordinal);
        foreach (var part in (string[])["prometheus/rules", "grafana/dashboards"])
        {
            Assert.Equal(Names(Path.Combine(ShellScript.Repository, "deploy/desktop", part)), Names(Of("etc/edgefleet/" + part)));
        }

        await SucceedAsync(Desktop, "uninstall", "collector", "--root", Root);
        Assert.Empty(Directory.GetFiles(Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_nothing_is_installed()
    {
        var bad = Path.Combine(directory, "bad");
        Write(bad, "https://collector.example:7443");
        foreach (var (script, arguments, words) in ((string, string[], string)[])
        [
            (Desktop, ["agent", "--directory", Programs, "--root", Root], "--join-file"),
            (Desktop, ["agent", "--join-file", bad, "--directory", Programs, "--root", Root], "does not hold a join string"),
            (Desktop, ["agent", "--join-file", Join, "--directory", directory, "--root", Root], "holds no program edgefleet-agent"),
            (Desktop, ["agent", "--join-file", Join, "--label", "a=b; rm", "--directory", Programs, "--root", Root], "--label needs"),
            (Desktop, ["agent", "--join-file", directory + "/none", "--root", Root], "cannot be read"),
            (Desktop, ["agent", "--root", Root], "--join-file FILE"), // Before anything is built.
            (Desktop, ["agent", "--join-file"], "--join-file needs a file"),
            (Jetson, ["--root"], "--root needs a directory"),
            (Desktop, ["elsewhere", "--root", Root], "'elsewhere' is not known"),
            (Desktop, [], "say what"),
            (Jetson, ["--join-file", Join, "--root", Root], "--directory"),
            (Jetson, ["--join-file", Join, "--directory", Programs, "--root", Root], "is no program for arm64"),
        ])
        {
            var (status, _, errors) = await ShellScript.RunAsync(script, arguments);
            Assert.Equal(2, status);
            Assert.Contains(words, errors, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Root));
        }
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        var output = await SucceedAsync(Desktop, "agent", "--join-file", Join, "--directory", Programs, "--root", Root, "--dry-run");
        Assert.Contains("would: install -D -m 0600", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public async Task The_units_are_what_systemd_accepts()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze") && Directory.Exists("/usr/lib/systemd/system"), "systemd-analyze is not installed.");
        await SucceedAsync(Desktop, "collector", "--directory", Programs, "--root", Root);
        await SucceedAsync(Desktop, "agent", "--join-file", Join, "--directory", Programs, "--root", Root);

        // What the units refer to beside EdgeFleet: the system's own targets, and programs of other packages.
        await ShellScript.RunAsync("/bin/cp", ["-r", "/usr/lib/systemd", Directory.CreateDirectory(Of("usr/lib")).FullName]);
        foreach (var program in (string[])["bin/sh", "bin/kill", "usr/bin/prometheus", "usr/share/grafana/bin/grafana"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Of(program))!);
            File.Copy("/bin/true", Of(program));
        }

        foreach (var unit in (string[])["edgefleet-agent", "edgefleet-collector", "edgefleet-prometheus", "edgefleet-grafana"])
        {
            var (_, output, errors) = await ShellScript.RunAsync("/usr/bin/systemd-analyze", [$"--root={Root}", "verify", unit + ".service"]);
            Assert.DoesNotContain("edgefleet", output + errors, StringComparison.Ordinal);
        }

        // The Jetson's unit differs in its name alone.
        Assert.Equal(
            Directives(Path.Combine(ShellScript.Repository, "deploy/desktop/systemd/edgefleet-agent.service")), Directives(Path.Combine(ShellScript.Repository, "deploy/jetson/systemd/edgefleet-agent.service")));
        foreach (var needed in (string[])["OOMPolicy=continue", "Delegate=yes", "KillMode=mixed"]) Assert.Contains(needed, Directives(Of("etc/systemd/system/edgefleet-agent.service")));
    }

    private static IEnumerable<string> Directives(string path) => File.ReadLines(path).Where(l => l.Length > 0 && l[0] != '#' && !l.StartsWith("Description=", StringComparison.Ordinal));

    private static IEnumerable<string?> Names(string path) => Directory.GetFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static string Read(string path) => File.ReadAllText(path);

    private static void Write(string path, string text) => File.WriteAllText(path, text);

    private string Of(string path) => Path.Combine(Root, path);

    private static async Task<string> SucceedAsync(string script, params string[] arguments)
    {
        var (status, output, errors) = await ShellScript.RunAsync(script, arguments);
        Assert.True(status == 0, output + errors);
        return output;
    }
}
