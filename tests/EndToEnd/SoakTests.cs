using System.Globalization;
using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd;

public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Contexts = 23;
    private const int Runs = 3 * 3 * Contexts;
    private const int Seed = 20260101;

    [Fact]
    public async Task Two_hundred_runs_survive_kills_of_everything_at_random_moments_and_count_once()
    {
        Assert.SkipUnless(System.Environment.GetEnvironmentVariable("EDGEFLEET_FULL") == "1", "a soak of many minutes; set EDGEFLEET_FULL=1");
        await using var fleet = await TestFleet.StartAsync();
        var network = fleet.Network();
        var cable = fleet.Network();
        AgentProcess[] agents = [fleet.Agent("one"), fleet.Agent("two", cable), fleet.Agent("three", network)];
        await Task.WhenAll(agents.Select(agent => agent.ConnectAsync()));
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("", string.Create(CultureInfo.InvariantCulture, $"8-{8 * Contexts}+8")));

        var random = new Random(Seed);
        var faults = new SortedDictionary<string, int>(StringComparer.Ordinal);
        void Count(string fault) => faults[fault] = faults.GetValueOrDefault(fault) + 1;

        // Once, for a minute: whatever happens to agent two meanwhile happens without a network.
        Task? minute = null;
        while (await EndedAsync(fleet, sweep) is var ended && ended < Runs)
        {
            if (minute is null && ended >= Runs / 4)
            {
                minute = CutForAMinuteAsync(cable);
                Count("network cut for a minute");
            }

            await Task.Delay(random.Next(500, 6000));
            var agent = agents[random.Next(agents.Length)];
            switch (random.Next(10))
            {
                case < 4:
                    if (agent.Process.KillChild()) Count("worker killed");
                    break;
                case < 7:
                    await agent.KillAsync();
                    await Task.Delay(random.Next(2000));
                    await agent.StartAsync();
                    Count("agent killed");
                    break;
                case < 8:
                    await fleet.Collector.KillAsync();
                    await Task.Delay(random.Next(3000));
                    await fleet.Collector.StartAsync();
                    Count("collector killed");
                    break;
                case < 9:
                    network.Cut();
                    await Task.Delay(random.Next(10_000));
                    network.Restore();
                    Count("network cut");
                    break;
                default:
                    network.Silence();
                    await Task.Delay(TimeSpan.FromSeconds(random.Next(2, 10)));
                    network.Restore();
                    Count("network silent");
                    break;
            }
        }

        await minute!;
        await fleet.AssertCompletedAsync(sweep, Runs);
        var levels = await fleet.AccountedAsync(agents);
        var runs = await fleet.Collector.RunsAsync(sweep);
        var conflicts = (await fleet.Collector.Client.Fleet.GetStatusAsync(new GetStatusRequest())).Conflicts;
        output.WriteLine($"{Runs} runs completed once each; {runs.Sum(run => run.Attempt)} attempts; seed {Seed}");
        output.WriteLine(string.Join(", ", faults.Select(fault => $"{fault.Key} {fault.Value}")));
        output.WriteLine($"traces produced {levels.Sum(level => (long)level.Produced)}, acknowledged {levels.Sum(level => (long)level.Acknowledged)}, "
            + $"dropped {levels.Sum(level => level.Dropped.Values.Sum(count => (long)count))}; conflicts {conflicts}");
        Assert.True(faults.Values.Sum() >= 20, "so few faults test nothing");
        Assert.Equal(0UL, conflicts);
    }

    private static async Task CutForAMinuteAsync(TcpProxy network)
    {
        network.Cut();
        await Task.Delay(TimeSpan.FromMinutes(1));
        network.Restore();
    }

    private static async Task<long> EndedAsync(TestFleet fleet, string sweep)
    {
        var counts = (await fleet.Collector.Client.Fleet.GetSweepAsync(new GetSweepRequest { SweepId = sweep })).Counts;
        return counts.Total - counts.Queued - counts.Issued;
    }
}
