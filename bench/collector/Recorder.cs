using System.Diagnostics;
using System.Text.Json.Nodes;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;

namespace EdgeFleet.Collector.Bench;

/// <summary>Records traces: a collector and agents, the product's programs, perform sweeps of small models; the traces of their runs are fetched and kept.</summary>
internal sealed class Recorder(string agentProgram, string collectorProgram)
{
    /// <summary>Label that tells the recording's agents apart.</summary>
    public const string Label = "recorder";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Records into a new directory.</summary>
    /// <param name="directory">Where the traces go.</param>
    /// <param name="work">Where collector and agents keep theirs.</param>
    public async Task RunAsync(string directory, string work)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any()) throw new InvalidDataException($"{directory} is not empty: name a new directory for the recording.");
        Directory.CreateDirectory(directory);
        var data = Path.Combine(work, "collector");
        var (server, operatorAddress) = await ServerProcess.StartAsync(
            collectorProgram, ["--data", data, "--port", "0", "--listen", "127.0.0.1", "--host", "localhost", "--models", WriteModels(work)], Path.Combine(data, "operator-string"));
        await using var collector = server;
        using var desk = new Operator(operatorAddress);
        var agents = new List<AgentProcess>();
        try
        {
            foreach (var device in RecordingPlan.Devices) agents.Add(new AgentProcess(agentProgram, Path.Combine(data, "join-string"), Path.Combine(work, device.Name), device));
            var begin = Stopwatch.GetTimestamp();
            while (await desk.OnlineAsync() < agents.Count)
            {
                agents.ForEach(agent => agent.RequireRunning());
                if (Stopwatch.GetElapsedTime(begin) > ConnectTimeout) throw new TimeoutException($"The agents did not connect within {ConnectTimeout}.");
                await Task.Delay(Poll);
            }

            var recorded = await Task.WhenAll(RecordingPlan.Devices.Select(device => RecordAsync(desk, device, directory)));
            Recording.WriteIndex(directory, recorded.SelectMany(traces => traces));
        }
        finally
        {
            agents.ForEach(agent => agent.Dispose());
        }
    }

    private static async Task<List<RecordedTrace>> RecordAsync(Operator desk, RecordedDevice device, string directory)
    {
        var recorded = new List<RecordedTrace>();
        foreach (var sweep in device.Sweeps)
        {
            var begin = Stopwatch.GetTimestamp();
            var runs = await desk.PerformAsync($"devices: {Label}={device.Name}\n{sweep}");
            foreach (var run in runs)
            {
                if (run.End?.Outcome != Outcome.Completed) throw new InvalidOperationException($"Run {run.RunId} of {run.Scenario.Model} did not complete: {run.End}");
                recorded.Add(Keep(await desk.TraceAsync(run.RunId), directory, $"{device.Name}-{recorded.Count:000}-{run.Scenario.Model}.zst"));
            }

            Console.WriteLine($"{device.Name}: {runs.Count} runs in {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s, {string.Join(' ', recorded.TakeLast(runs.Count).Select(t => $"{t.EncodedBytes / 1e3:0.0}"))} KB");
        }

        return recorded;
    }

    private static RecordedTrace Keep(EdgeFleet.Protos.V1.Trace trace, string directory, string name)
    {
        // Fields and maps keep their order, and the compressor is the agent's: the bytes are those that the agent sent.
        var plain = trace.ToByteArray();
        using var compressor = new Compressor(TraceCorpus.CompressionLevel);
        var bytes = compressor.Wrap(plain).ToArray();
        File.WriteAllBytes(Path.Combine(directory, name), bytes);
        return new RecordedTrace
        {
            File = name, EncodedBytes = bytes.Length, DecodedBytes = plain.Length, Model = trace.Scenario.Model, ContextTokens = trace.Scenario.ContextTokens, DecodeTokens = trace.Scenario.DecodeTokens,
            Iterations = trace.Iterations.Count, Operators = trace.Operators.Count, Samples = trace.Telemetry.Sum(series => series.Value.Count), SamplePeriodMs = trace.Sampler.PeriodNs / 1e6,
            Agent = $"{trace.Environment.Software["agent_version"]} {trace.Environment.Software["agent_commit"]}",
        };
    }

    private static string WriteModels(string work)
    {
        var models = Directory.CreateDirectory(Path.Combine(work, "models")).FullName;
        foreach (var (name, family, fixture) in RecordingPlan.Models)
        {
            var entry = new JsonObject
            {
                ["name"] = name, ["family"] = family, ["description"] = "Tiny, to record traces with.", ["source"] = "edgefleet/" + name, ["licence"] = "none", ["parameters"] = 100_000,
                ["config"] = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "models", fixture, "config.json"))),
            };
            File.WriteAllText(Path.Combine(models, name + ".json"), entry.ToJsonString());
        }

        return models;
    }
}
