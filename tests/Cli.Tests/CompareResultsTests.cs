using System.CommandLine;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Results;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class CompareResultsTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    [Fact]
    public async Task What_was_exported_is_ranked_and_reported()
    {
        var file = await ExportAsync(Enumerable.Range(0, 6).SelectMany(i => (Run[])[Run("mamba", 200 + i, "f"), Run("gpt", 100 + i, "f")]));
        var report = Path.Combine(directory, "report.html");
        var (status, output) = Compare(file, "--html", report);
        Assert.Equal(0, status);
        Assert.Contains("1024  gpt 103 ns < mamba 203 ns (x 1.98, clear)", output, StringComparison.Ordinal);
        Assert.StartsWith("<!doctype html>", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlike_conditions_end_with_status_2_and_without_a_report()
    {
        var file = await ExportAsync([Run("mamba", 200, "f"), Run("gpt", 100, "g")]);
        var report = Path.Combine(directory, "report.html");
        var (status, output) = Compare(file, "--html", report);
        Assert.Equal(2, status);
        Assert.Contains("conditions_fingerprint: 'f' (1 results), 'g' (1 results)", output, StringComparison.Ordinal);
        Assert.False(File.Exists(report));
        Assert.Equal(0, Compare(file, "--ignore", "conditions_fingerprint").Status);
    }

    [Fact]
    public async Task Json_is_for_programs()
    {
        var file = await ExportAsync([Run("mamba", 200, "f")]);
        Assert.StartsWith("{\"conditions\":", Compare(file, "-o", "json").Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private static (int Status, string Output) Compare(params string[] arguments)
    {
        var common = new CommonOptions();
        var root = new RootCommand { CompareResultsCommand.Create(common) };
        common.AddTo(root);
        var output = new StringWriter();
        var status = root.Parse(["compare", .. arguments]).Invoke(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    private async Task<string> ExportAsync(IEnumerable<Run> runs)
    {
        var file = Path.Combine(directory, "runs.jsonl");
        await using var stream = File.Create(file);
        await TextExport.JsonLinesAsync(runs, stream);
        return file;
    }

    private static Run Run(string model, long ttft, string fingerprint) => new()
    {
        RunId = $"{model}{ttft}",
        State = RunState.Ended,
        Scenario = new Scenario { Model = model, Family = "ssm", Provider = Provider.Cpu, Precision = Precision.Fp32, ContextTokens = 1024, DecodeTokens = 8, Batch = 1, Threads = 2 },
        End = new RunEnd { Outcome = Outcome.Completed },
        Result = new RunResult { TtftNs = ttft, DefinitionsVersion = 1, ConditionsFingerprint = fingerprint },
    };
}
