using System.ComponentModel;
using System.Globalization;
using EdgeFleet.Collector.Bench;
using EdgeFleet.Measurement.Statistics;

if (args is ["bare", var bareDirectory])
{
    await BareServer.RunAsync(bareDirectory);
    return 0;
}

if (args is not ["record", _, _, _] and not ["steady" or "throughput", _, _, _, ..])
{
    await Console.Error.WriteLineAsync(
        """
        usage: EdgeFleet.Collector.Bench record AGENT-PROGRAM COLLECTOR-PROGRAM DIRECTORY
               EdgeFleet.Collector.Bench steady COLLECTOR-PROGRAM DIRECTORY REPORT.jsonl [AGENTS]
               EdgeFleet.Collector.Bench throughput COLLECTOR-PROGRAM DIRECTORY REPORT.jsonl [ROUNDS TRACES]
        """);
    return 2;
}

int Argument(int index, int value) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : value;
var work = Directory.CreateTempSubdirectory("edgefleet-bench-").FullName;
try
{
    if (args is ["record", var agent, var collector, var recording])
    {
        await new Recorder(agent, collector).RunAsync(recording, work);
        return 0;
    }

    var (mode, program) = (args[0], args[1]);
    var corpus = TraceCorpus.Read(args[2]);
    using var report = new Report(args[3]);
    report.Machine($"EdgeFleet.Collector.Bench {mode} {string.Join(' ', args.Skip(4))}".TrimEnd());
    double[] sizes = [.. corpus.EncodedSizes()];
    report.Add("traces: recorded ones among the 200 that are drawn", "traces", corpus.Distinct);
    report.Add("traces: largest ratio of wanted and drawn size", "", corpus.LargestDeviation);
    report.Add("traces: encoded size, median", "KB", Quantile.Median(sizes) / 1e3);
    report.Add("traces: encoded size, 99th percentile", "KB", Quantile.Of(sizes, 0.99) / 1e3);
    report.Add("traces: encoded size, mean", "KB", sizes.Average() / 1e3);
    if (mode == "steady")
    {
        // 1x, 4x and 16x, 40 s each: 12.5, 50 and 200 traces a second; from a quarter, all and all of the agents.
        var agents = Argument(4, 2000);
        await new SteadyLoad(report, corpus, agents).RunAsync(
            program, work, [(agents / 160.0, "four=0", agents / 4, 1), (agents / 40.0, "", agents, 1), (agents / 10.0, "", agents, 4)]);
    }
    else
    {
        IngestParts.Run(report, corpus);
        await new Throughput(report, corpus, Argument(4, 5), Argument(5, 600)).RunAsync(program, Environment.ProcessPath!, work);
    }

    return 0;
}
catch (Exception error) when (error is InvalidDataException or Win32Exception)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
catch (Exception error) when (error is InvalidOperationException or TimeoutException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
finally
{
    Directory.Delete(work, recursive: true);
}
