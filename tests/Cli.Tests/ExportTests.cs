using System.Text;
using System.Text.Json;
using EdgeFleet.Cli.Results;
using EdgeFleet.Protos.V1;
using Parquet;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class ExportTests
{
    private static readonly Run[] Runs =
    [
        new()
        {
            RunId = "r1", Scenario = new Scenario { Model = "a,\"b\"", Provider = Provider.Cpu, Precision = Precision.Int4, ContextTokens = 1024 }, State = RunState.Ended,
            End = new RunEnd { Outcome = Outcome.Completed }, Result = new RunResult { TtftNs = 5, MbuRatio = 0.25, StateBytes = { ["kv"] = 7 } },
        },
        new() { RunId = "r2", Scenario = new Scenario { Model = "m" }, State = RunState.Ended, End = new RunEnd { Outcome = Outcome.OutOfMemory, Reason = "out_of_memory" } },
    ];

    [Fact]
    public async Task Csv_quotes_what_needs_it_and_leaves_out_what_was_not_measured()
    {
        using var stream = new MemoryStream();
        await TextExport.CsvAsync(Runs, stream);
        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split("\r\n");
        var head = lines[0].Split(',');
        Assert.Equal(4, lines.Length);
        Assert.Contains("\"a,\"\"b\"\"\"", lines[1], StringComparison.Ordinal);
        Assert.Equal("", lines[2].Split(',')[Array.IndexOf(head, "ttft_ns")]);
        Assert.Equal("out_of_memory", lines[2].Split(',')[Array.IndexOf(head, "outcome")]);
    }

    [Fact]
    public async Task Json_lines_have_one_object_per_run_with_nulls()
    {
        using var stream = new MemoryStream();
        await TextExport.JsonLinesAsync(Runs, stream);
        var rows = Encoding.UTF8.GetString(stream.ToArray()).Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2, rows.Count);
        Assert.Equal(5, rows[0].GetProperty("ttft_ns").GetInt64());
        Assert.Equal(0.25, rows[0].GetProperty("mbu_ratio").GetDouble());
        Assert.Equal(7, rows[0].GetProperty("kv_bytes").GetInt64());
        Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("ttft_ns").ValueKind);
    }

    [Fact]
    public async Task Parquet_is_read_back()
    {
        using var stream = new MemoryStream();
        await ParquetExport.WriteAsync(Runs, stream);
        stream.Position = 0;
        await using var reader = await ParquetReader.CreateAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(ResultColumns.All.Select(c => c.Name), reader.Schema.DataFields.Select(f => f.Name));
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(2, group.RowCount);
        var ttft = new long?[2];
        await group.ReadAsync<long>(reader.Schema.DataFields.Single(f => f.Name == "ttft_ns"), ttft.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([5L, null], ttft);
    }
}
