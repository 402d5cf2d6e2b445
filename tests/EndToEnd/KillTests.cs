using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd;

public sealed class KillTests
{
    [Fact]
    public async Task Killing_worker_agent_and_collector_in_the_middle_loses_and_doubles_nothing()
    {
        await using var fleet = await TestFleet.StartAsync();
        var agents = await fleet.ConnectAsync("one", "two", "three");
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("", "8,16", 1, "tiny-llama", "tiny-mamba"));
        await Wait.UntilAsync(() => agents[0].Process.KillChild(), () => "agent one has a worker to kill");
        await agents[1].Process.SaysAsync(" attempt 1:");
        await agents[1].KillAsync();
        await agents[2].Process.SaysAsync("is delivered");
        await fleet.Collector.KillAsync();
        await fleet.Collector.StartAsync();
        await agents[1].ConnectAsync();

        await fleet.AssertCompletedAsync(sweep, 12);
        await fleet.AccountedAsync(agents);
        Assert.Equal(0UL, (await fleet.Collector.Client.Fleet.GetStatusAsync(new GetStatusRequest())).Conflicts);
    }
}
