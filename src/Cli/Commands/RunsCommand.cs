using System.CommandLine;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Cli.Traces;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>edgefleet runs</c>.</summary>
internal static class RunsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommonOptions common)
    {
        var list = List(common);
        return new Command("runs", "Look at runs; without a command it lists them.") { list, ShowOne(common), Trace(common) }.DefaultingTo(list);
    }

    /// <summary>All runs that a request asks for.</summary>
    public static async Task<ListRunsResponse> AllAsync(CollectorConnection connection, ListRunsRequest request, CancellationToken cancellation)
    {
        var all = new ListRunsResponse();
        request.PageSize = 1000;
        do
        {
            var page = await connection.Fleet.ListRunsAsync(request, cancellationToken: cancellation);
            all.Runs.Add(page.Runs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    private static Command List(CommonOptions common)
    {
        var filter = new RunFilter();
        var command = new Command("list", "List runs.");
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var all = await AllAsync(connection, filter.Request(parsed), cancellation);
            common.Printer(parsed).Table(all, ["run", "device", "model", "precision", "context", "repeat", "state", "TTFT", "TPOT", "peak memory"], all.Runs.Select(r => new[]
            {
                Show.Id(r.RunId), Show.Id(r.DeviceId), r.Scenario.Model, Show.Name(r.Scenario.Precision), $"{r.Scenario.ContextTokens}", $"{r.Repeat + 1}", Show.State(r),
                r.Result is { HasTtftNs: true } ? Show.Duration(r.Result.TtftNs) : "-", r.Result is { HasTpotNs: true } ? Show.Duration(r.Result.TpotNs) : "-",
                r.Result is { HasPeakMemoryBytes: true } ? Show.Bytes(r.Result.PeakMemoryBytes) : "-",
            }));
        });
        return command;
    }

    private static Command ShowOne(CommonOptions common)
    {
        var id = new Argument<string>("run") { Description = "Id, or its first characters." };
        var command = new Command("show", "Show one run.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var run = await connection.Fleet.GetRunAsync(new GetRunRequest { RunId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation);
            var s = run.Scenario;
            var r = run.Result ?? new RunResult();
            common.Printer(parsed).Table(run, ["", ""],
            [
                ["run", run.RunId], ["sweep", run.SweepId], ["device", run.DeviceId], ["state", Show.State(run)], ["message", run.End?.Message ?? ""], ["attempt", $"{run.Attempt}"],
                ["model", $"{s.Model} ({s.Family}), weights {s.Weights}"], ["provider", $"{Show.Name(s.Provider)} {s.RuntimePackId}"], ["precision", Show.Name(s.Precision)],
                ["tokens", $"{s.ContextTokens} prompt, {s.DecodeTokens} generated, {s.DepthTokens} depth, batch {s.Batch}"],
                ["TTFT", r.HasTtftNs ? Show.Duration(r.TtftNs) : "-"], ["TPOT", r.HasTpotNs ? Show.Duration(r.TpotNs) : "-"],
                ["prefill", r.HasPrefillTokensPerSecond ? Show.Number(r.PrefillTokensPerSecond) + " tokens/s" : "-"], ["decode", r.HasDecodeTokensPerSecond ? Show.Number(r.DecodeTokensPerSecond) + " tokens/s" : "-"],
                ["peak memory", r.HasPeakMemoryBytes ? Show.Bytes(r.PeakMemoryBytes) : "-"], ["against baseline", r.HasTtftBaselineRatio ? Show.Number(r.TtftBaselineRatio) + " x TTFT" : "no baseline"],
                ["findings", string.Join(", ", r.Findings)], ["ended", Show.Instant(run.EndedUnixNs)],
            ]);
        });
        return command;
    }

    private static Command Trace(CommonOptions common)
    {
        var id = new Argument<string>("run") { Description = "Id, or its first characters." };
        var file = new Option<string>("--file", "-f") { Description = "Where to; - is standard output.", DefaultValueFactory = _ => "-" };
        var command = new Command("trace", "Write a run's trace as Chrome trace JSON, which ui.perfetto.dev opens. With --output json the trace itself.") { id, file };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var connection = common.Connect(parsed);
            var trace = await connection.Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = parsed.GetRequiredValue(id) }, cancellationToken: cancellation);
            var path = parsed.GetRequiredValue(file);
            await using var stream = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
            if (common.Printer(parsed).IsJson) await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Google.Protobuf.JsonFormatter.Default.Format(trace) + "\n"), cancellation);
            else ChromeTrace.Write(trace, stream);
        });
        return command;
    }
}
