using System.Diagnostics;
using System.IO.Compression;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Bench;

/// <summary>A fleet that is connected, beats, gets its runs assigned and delivers traces at a rate that does not wait for answers.</summary>
internal sealed class SteadyLoad(Report report, TraceCorpus corpus, int agents)
{
    private const int Connecting = 64;
    private const int Scrapes = 10;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);

    // In which the collector reads its own metrics once.
    private static readonly TimeSpan SettledIdle = TimeSpan.FromSeconds(60);

    /// <summary>Runs it: idle, then each rate, then scrapes.</summary>
    public async Task RunAsync(string collectorProgram, string directory, IReadOnlyList<(double Rate, string Selector, int Devices, int RunsPerDevice)> loads)
    {
        var (server, operatorAddress) = await ServerProcess.StartAsync(
            collectorProgram, ["--data", directory, "--port", "0", "--listen", "127.0.0.1", "--host", "localhost"], Path.Combine(directory, "operator-string"));
        await using var collector = server;
        using var desk = new Operator(operatorAddress);
        report.Add("collector without devices, resident memory", "MiB", Mebibytes(collector.ResidentBytes));
        var join = CollectorAddress.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "join-string")));
        var fleet = new BenchAgent[agents];
        var begin = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, agents, new ParallelOptions { MaxDegreeOfParallelism = Connecting }, async (i, _) =>
        {
            fleet[i] = new BenchAgent(join, i);
            await fleet[i].ConnectAsync(new Random(i));
        });
        report.Add($"{agents} agents connect", "s", Stopwatch.GetElapsedTime(begin).TotalSeconds);
        var byId = fleet.ToDictionary(a => a.DeviceId);

        report.Add($"{agents} agents, 10 s heartbeats, no traces: collector's processor use", "cores", await IdleCoresAsync(collector, Idle));
        report.Add($"{agents} agents, 10 s heartbeats, no traces: collector's resident memory", "MiB", Mebibytes(collector.ResidentBytes));
        report.Add($"{agents} agents: connected at the end of it", "devices", await desk.OnlineAsync());

        // What heartbeats cost falls while the collector compiles what it uses most: it is taken again after the loads, and from there as their share.
        var context = 64;
        var used = new List<(string Name, double Cores, double Rate)>();
        foreach (var (rate, selector, devices, runsPerDevice) in loads)
        {
            used.Add(await LoadAsync(collector, desk, byId, rate, selector, devices, runsPerDevice, context));
            context += runsPerDevice;
        }

        var idle = await IdleCoresAsync(collector, SettledIdle);
        report.Add($"{agents} agents, 10 s heartbeats, after the loads: collector's processor use", "cores", idle);
        foreach (var (name, cores, rate) in used) report.Add($"{name}: processor time per trace, beyond heartbeats", "ms", (cores - idle) / rate * 1e3);

        await ScrapeAsync(operatorAddress);
        report.Add("collector's resident memory at the end", "MiB", Mebibytes(collector.ResidentBytes));
        report.Add("collector's highest resident memory", "MiB", Mebibytes(collector.PeakResidentBytes));
        report.Add($"{agents} agents: connected at the end", "devices", await desk.OnlineAsync());
        await Parallel.ForEachAsync(fleet, async (agent, _) => await agent.DisposeAsync());
    }

    private static async Task<double> IdleCoresAsync(ServerProcess collector, TimeSpan duration)
    {
        var (cpu, at) = (collector.ProcessorSeconds, Stopwatch.GetTimestamp());
        await Task.Delay(duration);
        return (collector.ProcessorSeconds - cpu) / Stopwatch.GetElapsedTime(at).TotalSeconds;
    }

    private async Task<(string Name, double Cores, double Rate)> LoadAsync(
        ServerProcess collector, Operator desk, Dictionary<string, BenchAgent> fleet, double rate, string selector, int devices, int runsPerDevice, int context)
    {
        var launch = Stopwatch.GetTimestamp();
        var runs = await desk.LaunchAsync(selector, runsPerDevice, context, corpus.DecodeTokens);
        if (runs.Count != devices * runsPerDevice) throw new InvalidOperationException($"{runs.Count} runs instead of {devices * runsPerDevice}; is {selector} right?");
        var name = $"{rate:0.#} traces/s";
        report.Add($"{name}: launch of {runs.Count} runs, listing included", "s", Stopwatch.GetElapsedTime(launch).TotalSeconds);

        // A device's runs are assigned one after another, in the order of the sweep: the first of each device, then the second of each.
        List<Run> order = [.. runs.GroupBy(r => r.DeviceId).SelectMany(g => g.Select((run, i) => (run, i))).OrderBy(x => x.i).ThenBy(x => x.run.DeviceId, StringComparer.Ordinal).Select(x => x.run)];
        var traces = new EncodedTrace[order.Count];
        Parallel.For(0, order.Count, i => traces[i] = corpus.Encode(i, order[i], fleet[order[i].DeviceId].SpoolId));
        await Task.WhenAll(order.Take(devices).Select(r => fleet[r.DeviceId].AssignedAsync(r.RunId)));

        var latencies = new double[order.Count];
        var bytes = traces.Sum(t => (long)t.Bytes.Length);
        var (cpu, own, begin) = (collector.ProcessorSeconds, System.Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, order.Count).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromSeconds(i / rate));
            var agent = fleet[order[i].DeviceId];
            await agent.AssignedAsync(order[i].RunId);
            latencies[i] = (await agent.UploadAsync(traces[i])).TotalMilliseconds;
        }));
        var elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var used = collector.ProcessorSeconds - cpu;
        report.Add($"{name}: rate reached", "traces/s", order.Count / elapsed);
        report.Add($"{name}: bytes", "MB/s", bytes / elapsed / 1e6);
        report.Add($"{name}: collector's processor use", "cores", used / elapsed);
        report.Add($"{name}: the agents' processor use, on the same machine", "cores", (System.Environment.CpuUsage.TotalTime - own).TotalSeconds / elapsed);
        report.Add($"{name}: from first byte to acknowledgement, median", "ms", Quantile.Median(latencies));
        report.Add($"{name}: from first byte to acknowledgement, 99th percentile", "ms", Quantile.Of(latencies, 0.99));
        report.Add($"{name}: collector's resident memory", "MiB", Mebibytes(collector.ResidentBytes));
        return (name, used / elapsed, order.Count / elapsed);
    }

    // As Prometheus 2.42 (Debian 12) asks: OpenMetrics, compressed. The first answer is reported apart: nobody has scraped this collector before.
    private async Task ScrapeAsync(CollectorAddress address)
    {
        using var handler = CollectorClient.Handler(address);
        using var http = new HttpClient(handler) { BaseAddress = address.Uri };
        http.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        http.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");
        http.DefaultRequestHeaders.Add("X-Prometheus-Scrape-Timeout-Seconds", "10");
        var times = new double[Scrapes];
        byte[] page = [];
        for (var i = 0; i < Scrapes; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            page = await http.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative));
            times[i] = Stopwatch.GetElapsedTime(begin).TotalSeconds;

            // The exporter answers from its cache for 300 ms.
            await Task.Delay(1000);
        }

        using var text = new StreamReader(new GZipStream(new MemoryStream(page), CompressionMode.Decompress));
        var (series, characters) = (0, 0L);
        while (await text.ReadLineAsync() is { } line)
        {
            characters += line.Length + 1;
            if (line.Length > 0 && line[0] != '#') series++;
        }

        report.Add($"/metrics of {agents} devices: first scrape", "s", times[0]);
        report.Add($"/metrics of {agents} devices: later scrapes", "s", times[1..]);
        report.Add($"/metrics of {agents} devices: series", "lines", series);
        report.Add($"/metrics of {agents} devices: size, compressed", "MB", page.Length / 1e6);
        report.Add($"/metrics of {agents} devices: size, decompressed", "MB", characters / 1e6);
    }

    private static double Mebibytes(long bytes) => bytes / 1048576.0;
}
