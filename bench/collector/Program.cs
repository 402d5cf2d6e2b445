using System.Globalization;
using EdgeFleet.Collector.Bench;
using EdgeFleet.Measurement.Statistics;

if (args is ["bare", var bareDirectory])
{
    await BareServer.RunAsync(bareDirectory);
    return 0;
}

if (args is not [("steady" or "throughput") and var mode, var program, var output, ..])
{
    await Console.Error.WriteLineAsync("usage: EdgeFleet.Collector.Bench steady|throughput COLLECTOR-PROGRAM REPORT.jsonl [AGENTS | ROUNDS TRACES]");
    return 2;
}

int Argument(int index, int value) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : value;
var directory = Directory.CreateTempSubdirectory("edgefleet-bench-").FullName;
try
{
    using var report = new Report(output);
    report.Machine($"EdgeFleet.Collector.Bench {mode} {string.Join(' ', args.Skip(3))}".TrimEnd());
    var corpus = new TraceCorpus(seed: 1);
    double[] sizes = [.. corpus.EncodedSizes()];
    report.Add("traces: encoded size, median", "KB", Quantile.Median(sizes) / 1e3);
    report.Add("traces: encoded size, 99th percentile", "KB", Quantile.Of(sizes, 0.99) / 1e3);
    report.Add("traces: encoded size, mean", "KB", sizes.Average() / 1e3);
    if (mode == "steady")
    {
        // 1x, 4x and 16x, 40 s each: 12.5, 50 and 200 traces a second; from a quarter, all and all of the agents.
        var agents = Argument(3, 2000);
        await new SteadyLoad(report, corpus, agents).RunAsync(
            program, directory, [(agents / 160.0, "four=0", agents / 4, 1), (agents / 40.0, "", agents, 1), (agents / 10.0, "", agents, 4)]);
    }
    else
    {
        IngestParts.Run(report, corpus);
        await new Throughput(report, corpus, Argument(3, 5), Argument(4, 600)).RunAsync(program, Environment.ProcessPath!, directory);
    }

    return 0;
}
finally
{
    Directory.Delete(directory, recursive: true);
}
