using System.Text.Json;
using EdgeFleet.Agent.Output;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class OutputTests
{
    [Fact]
    public void Markdown_is_a_table_with_the_machine_below()
    {
        var text = Write(output => new MarkdownWriter(output, Details.None), Rows.Completed, Rows.Failed);
        string[] expected =
        [
            "| model | family | precision | provider | thr | context | depth | batch | TTFT ms | prefill t/s | TPOT ms | decode t/s | peak MiB | activ. MiB | state MiB | MBU | MFU | weights | outcome | findings |",
            "| --- | --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- | --- | --- |",
            "| mamba-130m | ssm | fp32 | cpu | 2 | 1024 | 0 | 1 | 100.00 ±0.50 | 10240.0 | 12.25 | 81.6 | 700.0 | 90.0 | 10.0 | 0.75 | - | random |  | clocks_not_pinned |",
            "| mamba-130m | ssm | fp32 | cpu | 2 | 1024 | 0 | 1 | - | - | - | - | - | - | 10.0 | - | - | random | failed: worker_crashed | clocks_not_pinned |",
            "",
            "edgefleet-agent 0.1.0 (0123456789), ONNX Runtime unknown, CPU, \"fast\" | x (unknown), unknown, definitions 1",
            "",
        ];
        Assert.Equal(expected, text.Split('\n'));
    }

    [Fact]
    public void The_machine_is_that_of_the_last_row_that_was_measured()
    {
        var text = Write(output => new MarkdownWriter(output, Details.None), Rows.Completed, Rows.Failed with { Environment = new Dictionary<string, string>() });
        Assert.Contains("edgefleet-agent 0.1.0 (0123456789)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_quotes_what_needs_it_and_keeps_exact_numbers()
    {
        var lines = Write(output => new CsvWriter(output), Rows.Completed, Rows.Failed).Split("\r\n");
        Assert.Equal(Column.All.Length, lines[0].Split(',').Length);
        Assert.Equal(Column.All.Length, Column.All.Select(column => column.Name).Distinct().Count());
        Assert.Contains(",81.63265306122449,", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"CPU, \"\"fast\"\" | x\"", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"It said \"\"no\"\",\nthen died.\"", lines[2], StringComparison.Ordinal);
        Assert.Equal("", lines[3]);
    }

    [Fact]
    public void A_line_of_JSON_holds_the_whole_row_in_snake_case()
    {
        var lines = Write(output => new JsonLinesWriter(output), Rows.Completed, Rows.Failed).Split('\n');
        Assert.Equal(3, lines.Length);
        using var row = JsonDocument.Parse(lines[0]);
        Assert.Equal(100, row.RootElement.GetProperty("ttft_milliseconds").GetProperty("median").GetDouble());
        Assert.Equal(JsonValueKind.Null, row.RootElement.GetProperty("mfu").ValueKind);
        using var failed = JsonDocument.Parse(lines[1]);
        Assert.Equal("It said \"no\",\nthen died.", failed.RootElement.GetProperty("message").GetString());
        Assert.Equal(JsonValueKind.Null, failed.RootElement.GetProperty("ttft_milliseconds").ValueKind);
    }

    [Fact]
    public void A_plain_table_leaves_out_columns_that_say_nothing_and_lists_failures()
    {
        var text = Write(output => new TableWriter(output, interactive: false, Details.None), Rows.Completed, Rows.Failed, Rows.Failed with { Depth = 64, Batch = 2 });
        var lines = text.Split(Environment.NewLine);
        Assert.DoesNotContain("MFU", lines[0], StringComparison.Ordinal);
        Assert.Contains("MBU", lines[0], StringComparison.Ordinal);
        Assert.Contains("worker_crashed", lines[2], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("mamba-130m fp32 context 1024: failed (worker_crashed): It said", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("mamba-130m fp32 context 1024 depth 64 batch 2: failed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_says_where_its_findings_are_explained_and_why_a_share_of_a_peak_exceeds_1()
    {
        static string[] Notes(BenchRow row) => [.. TableNotes.Of([row])];
        Assert.Contains("Findings and reasons", Assert.Single(Notes(Rows.Completed)), StringComparison.Ordinal);
        Assert.Contains("docs/measurement.md", Write(output => new TableWriter(output, interactive: false, Details.None), Rows.Completed), StringComparison.Ordinal);
        Assert.Empty(Notes(Rows.Completed with { Findings = ["random_weights"] }));
        Assert.Contains("float32 peak", Assert.Single(Notes(Rows.Completed with { Findings = [], Precision = "int4", Mfu = 1.3 })), StringComparison.Ordinal);
        Assert.Empty(Notes(Rows.Completed with { Findings = [], Precision = "int4", Mfu = 0.9 }));
    }

    [Fact]
    public void Details_show_memory_and_every_operator_by_the_view_that_is_asked_for()
    {
        var row = Rows.Completed with
        {
            OperatorTypes =
            [
                new("prefill", "Linear", "gemm", "GEMM", 3, 6, 6, 0.6, "float[1,4]"),
                new("prefill", "Softmax", "attention", "logit_computation", 1, 2, 3, 0.3, "float[1,4]"),
                new("prefill", "Strange", "other", "other", 1, 2, 1, 0.1, "float[1,4]"),
            ],
            ProfiledPhases = [new("prefill", 2, 10, 12.5, 10, 9.75)],
        };
        var text = Write(output => new MarkdownWriter(output, Details.Memory | Details.Classes | Details.Operators | Details.Paper), row);
        Assert.Contains("| mamba-130m | fp32 | last | 1024 | 493.0 / 495.0 | 9.0 / 9.0 | 1.0 / 1.0 | 90.0 | 105.0 | 700.0 |", text, StringComparison.Ordinal);
        Assert.Contains("prefill: 2 runs of 5 nodes; 10.0 of 12.5 ms in nodes; profiling added 9.8 us per node", text, StringComparison.Ordinal);
        Assert.Contains("| gemm | Linear | 3 | 6 | 6.000 | 60.0 % |", text, StringComparison.Ordinal);
        Assert.Contains("| logit_computation | Softmax | 1 | 2 | 3.000 | 30.0 % |", text, StringComparison.Ordinal);
        Assert.Contains("| Strange | other | float[1,4] | 1 | 2 | 1.000 | 10.0 % |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Strange", Write(output => new MarkdownWriter(output, Details.Memory), row), StringComparison.Ordinal);
    }

    [Fact]
    public void Energy_is_shown_by_phase_and_token_with_its_source_or_why_there_is_none()
    {
        EnergyRow Decode(double gross) => new("decode", gross, gross - 63, 6.3, 63, "rapl", "package-0", "");
        var row = Rows.Completed with
        {
            Runs =
            [
                Run(new EnergyRow("load", null, null, null, null, "rapl", "package-0", "the phase is shorter than 20 sensor periods of 100 ms"), Decode(126)),
                Run(Decode(128)),
                Run(Decode(189)),
                Run(Decode(9999)) with { InvalidatedBy = "throttled" },
            ],
        };
        var text = Write(output => new MarkdownWriter(output, Details.Energy), row);
        Assert.Contains("| mamba-130m | fp32 | load | unavailable: the phase is shorter than 20 sensor periods of 100 ms | 1024 | - | - | - | - |", text, StringComparison.Ordinal);
        Assert.Contains("| mamba-130m | fp32 | decode | rapl package-0 | 1024 | 128 ± 6.3 | 65 | 2.032 ± 0.1 | 1.032 |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Energy in J", Write(output => new MarkdownWriter(output, Details.Energy), Rows.Completed), StringComparison.Ordinal);
        Assert.Contains("\"gross_joules_per_token\":2,", Write(output => new JsonLinesWriter(output), row), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_too_wide_for_the_terminal_is_not_cut()
    {
        var text = Write(output => new TableWriter(output, interactive: true, Details.None), Rows.Completed, Rows.Failed);
        Assert.Contains("clocks_not_pinned", text, StringComparison.Ordinal);
        Assert.Contains("failed: worker_crashed", text, StringComparison.Ordinal);
    }

    private static RunRow Run(params EnergyRow[] energy) => new()
    {
        RunId = "",
        Repeat = 0,
        Outcome = "completed",
        Reason = "",
        Message = "",
        LoadMilliseconds = null,
        WarmLoadMilliseconds = null,
        ReferenceVariation = null,
        Noise = null,
        Sampler = null,
        Energy = energy,
        Findings = [],
        WarmupIterations = 0,
        TtftNanoseconds = [],
        TpotNanoseconds = [],
        PeakBytes = null,
        PrefillJoules = null,
        DecodeJoules = null,
        InvalidatedBy = "",
        TokenHash = null,
    };

    private static string Write(Func<TextWriter, IRowWriter> make, params BenchRow[] rows)
    {
        using var output = new StringWriter();
        var writer = make(output);
        foreach (var row in rows) writer.Write(row);
        writer.Complete();
        return output.ToString();
    }
}
