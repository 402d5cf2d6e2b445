using System.Diagnostics;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;

namespace EdgeFleet.Collector.Bench;

/// <summary>How fast traces can be taken in, against a bare upload of the same bytes, in turns.</summary>
internal sealed class Throughput(Report report, TraceCorpus corpus, int rounds, int tracesPerRound)
{
    private const int Devices = 100;

    // Rounds before the first that counts: both servers compile what they use most.
    private const int WarmUp = 4;
    private const int Connections = 8;
    private const int InFlight = 16;

    /// <summary>Runs it.</summary>
    public async Task RunAsync(string collectorProgram, string bareProgram, string directory)
    {
        var data = Path.Combine(directory, "collector");
        var (collector, operatorAddress) = await ServerProcess.StartAsync(
            collectorProgram, ["--data", data, "--port", "0", "--listen", "127.0.0.1", "--host", "localhost"], Path.Combine(data, "operator-string"));
        await using var one = collector;
        var (bare, bareAddress) = await ServerProcess.StartAsync(bareProgram, ["bare", Path.Combine(directory, "bare")], Path.Combine(directory, "bare", "address"));
        await using var two = bare;
        var join = CollectorAddress.Parse(await File.ReadAllTextAsync(Path.Combine(data, "join-string")));
        for (var i = 0; i < Devices; i++)
        {
            // Registered, then away: the runs wait, and their traces may come all the same.
            await using var agent = new BenchAgent(join, i);
            await agent.ConnectAsync(new Random(i));
        }

        using var desk = new Operator(operatorAddress);
        while (await desk.OnlineAsync() > 0) await Task.Delay(100);
        var runsPerDevice = (tracesPerRound + Devices - 1) / Devices;
        double[] ingest = new double[rounds], plain = new double[rounds], ratio = new double[rounds], cpu = new double[rounds], bareCpu = new double[rounds];
        double[] rate = new double[rounds];
        for (var round = -WarmUp; round < rounds; round++)
        {
            var runs = await desk.LaunchAsync("", runsPerDevice, 64 + (round + WarmUp) * runsPerDevice, corpus.DecodeTokens);
            var traces = new EncodedTrace[runs.Count];
            Parallel.For(0, runs.Count, i => traces[i] = corpus.Encode(i, runs[i], "spool"));
            var megabytes = traces.Sum(t => (double)t.Bytes.Length) / 1e6;

            // The order alternates, so that a drift of the machine falls on both.
            var (a, b) = (0d, 0d);
            var (c0, b0) = (collector.ProcessorSeconds, bare.ProcessorSeconds);
            foreach (var toCollector in round % 2 == 0 ? (bool[])[true, false] : [false, true])
            {
                var elapsed = await UploadAsync(toCollector ? join : bareAddress, traces);
                if (toCollector) a = elapsed;
                else b = elapsed;
            }

            if (round < 0) continue;
            (ingest[round], plain[round], ratio[round], rate[round]) = (megabytes / a, megabytes / b, b / a, traces.Length / a);
            (cpu[round], bareCpu[round]) = ((collector.ProcessorSeconds - c0) / traces.Length * 1e3, (bare.ProcessorSeconds - b0) / traces.Length * 1e3);
        }

        report.Add("ingest at full rate", "MB/s", ingest);
        report.Add("ingest at full rate", "traces/s", rate);
        report.Add("ingest at full rate: processor time per trace", "ms", cpu);
        report.Add("bare upload of the same bytes", "MB/s", plain);
        report.Add("bare upload: processor time per trace", "ms", bareCpu);
        report.Add("ratio of ingest to the bare upload", "", ratio);
    }

    private static async Task<double> UploadAsync(CollectorAddress address, EncodedTrace[] traces)
    {
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async connection =>
        {
            using var channel = CollectorClient.Open(address);
            using var upload = new Traces.TracesClient(channel).Upload();
            using var window = new SemaphoreSlim(InFlight);
            var stored = 0;
            var reading = Task.Run(async () =>
            {
                await foreach (var ack in upload.ResponseStream.ReadAllAsync())
                {
                    if (ack.State == TraceState.Receiving) continue;
                    if (ack is not { State: TraceState.Stored, Disposition: TraceDisposition.Accepted }) throw new InvalidOperationException($"not accepted: {ack}");
                    stored++;
                    window.Release();
                }
            });
            var sent = 0;
            for (var i = connection; i < traces.Length; i += Connections)
            {
                await window.WaitAsync();
                sent++;
                foreach (var chunk in traces[i].Chunks((ulong)i + 1)) await upload.RequestStream.WriteAsync(chunk);
            }

            await upload.RequestStream.CompleteAsync();
            await reading;
            if (stored != sent) throw new InvalidOperationException($"{stored} of {sent} traces were acknowledged.");
        }));
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
