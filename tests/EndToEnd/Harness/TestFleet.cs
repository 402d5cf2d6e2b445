using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A collector with agents, in a directory of their own.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> parts = [];

    private TestFleet(string root) => Root = root;

    /// <summary>Directory of everything.</summary>
    public string Root { get; }

    /// <summary>The collector.</summary>
    public CollectorProcess Collector { get; private set; } = null!;

    /// <summary>Starts the collector.</summary>
    public static async Task<TestFleet> StartAsync()
    {
        var fleet = new TestFleet(Directory.CreateTempSubdirectory("edgefleet-e2e-").FullName);
        var models = await TestModels.WriteAsync(fleet.Root);
        fleet.Collector = await CollectorProcess.StartAsync(fleet.Root, models);
        return fleet;
    }

    /// <summary>An agent that is not started.</summary>
    /// <param name="name">Its name, and its state directory's.</param>
    /// <param name="proxy">Network between; none for a direct one.</param>
    /// <param name="further">More arguments.</param>
    public AgentProcess Agent(string name, TcpProxy? proxy = null, params string[] further)
    {
        var join = "@" + Collector.JoinFile;
        if (proxy is not null)
        {
            var file = Path.Combine(Root, name + "-join");
            File.WriteAllText(file, File.ReadAllText(Collector.JoinFile).Replace($":{Collector.Port}#", $":{proxy.Port}#", StringComparison.Ordinal));
            join = "@" + file;
        }

        var agent = new AgentProcess(Path.Combine(Root, name), join, further);
        parts.Add(agent);
        return agent;
    }

    /// <summary>Agents with links.</summary>
    public async Task<IReadOnlyList<AgentProcess>> ConnectAsync(params string[] names)
    {
        List<AgentProcess> agents = [.. names.Select(name => Agent(name))];
        await Task.WhenAll(agents.Select(agent => agent.ConnectAsync()));
        return agents;
    }

    /// <summary>A network in front of the collector.</summary>
    public TcpProxy Network()
    {
        var proxy = new TcpProxy(() => Collector.Port);
        parts.Add(proxy);
        return proxy;
    }

    /// <summary>A sweep of the smallest runs that measure anything.</summary>
    /// <param name="devices">Selector.</param>
    /// <param name="context">Axis of prompt tokens.</param>
    /// <param name="repeats">Runs of each scenario.</param>
    /// <param name="models">Models; all three by default.</param>
    public static SweepDefinition Sweep(string devices, string context = "8", uint repeats = 1, params string[] models) => new()
    {
        DeviceSelector = devices,
        Models = { models.Length > 0 ? models : TestModels.All.Select(model => model.Name) },
        ContextAxis = context,
        DecodeAxis = "2",
        Repeats = repeats,
        TimeoutNs = 120_000_000_000,
        Retry = new RetryPolicy { MaxAttempts = 10, Reasons = { "worker_crashed", "worker_lost", "agent_restarted", "device_lost", "trace_dropped" } },
        Engine = new EngineOptions { MaxWarmupIterations = 1, MaxIterations = 1 },
    };

    /// <summary>Stops agents that have nothing under way, and checks their accounting at both ends.</summary>
    public async Task<IReadOnlyList<SpoolLevel>> AccountedAsync(params IEnumerable<AgentProcess> agents)
    {
        var levels = new List<SpoolLevel>();
        foreach (var agent in agents)
        {
            await agent.Process.TerminateAsync();
            var own = SpoolReader.Level(agent.Spool);
            AssertIdentity(own);
            Assert.Equal(0UL, own.Spooled);

            // The last heartbeat of an agent that leaves in good order has the final numbers.
            SpoolLevel? seen = null;
            await Wait.UntilAsync(
                async () => (seen = (await Collector.DeviceAsync(agent.DeviceId)).Spool) is { } level && (level.Produced, level.Acknowledged, level.Spooled) == (own.Produced, own.Acknowledged, 0),
                () => $"the collector knows what the agent knows, {own}; it has {seen}\n{agent.Process.Text}");
            AssertIdentity(seen!);
            levels.Add(own);
        }

        return levels;
    }

    /// <summary>produced = acknowledged + spooled + dropped.</summary>
    public static void AssertIdentity(SpoolLevel level) =>
        Assert.Equal(level.Produced, level.Acknowledged + level.Spooled + (ulong)level.Dropped.Values.Sum(count => (long)count));

    /// <summary>Every run of a sweep has completed, once.</summary>
    public async Task AssertCompletedAsync(string sweepId, int runs)
    {
        var sweep = await Collector.EndedAsync(sweepId);
        var all = await Collector.RunsAsync(sweepId);
        Assert.True(
            sweep.Counts.Completed == runs && sweep.Counts.Total == runs,
            $"{sweep.Counts}\n{string.Join('\n', all.Where(run => run.End?.Outcome != Outcome.Completed).Select(run => $"{run.RunId} {run.End}"))}");
        Assert.Equal(runs, all.Select(run => run.RunId).Distinct().Count());
        Assert.All(all, run => Assert.True(run is { HasTrace: true, Result.Iterations: > 0 }));
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = parts.Count - 1; i >= 0; i--) await parts[i].DisposeAsync();
        await Collector.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
