using EdgeFleet.EndToEnd.Harness;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.EndToEnd;

[Collection(SharedFleetTests.Name)]
public sealed class CompatibilityTests(SharedFleet shared)
{
    [Fact]
    public async Task An_agent_that_was_built_with_the_frozen_contract_performs_a_sweep_beside_one_of_today()
    {
        var fleet = shared.Fleet;
        var agent = fleet.Agent("today");
        await agent.ConnectAsync();
        using var peer = new TestProcess(Programs.FrozenPeer, fleet.Collector.JoinFile, "of-1.0", "3");
        await peer.SaysAsync("Connected to a collector of 1.");
        var sweep = await fleet.Collector.LaunchAsync(TestFleet.Sweep("name in (of-1.0, today)"));
        await fleet.AssertCompletedAsync(sweep, 6);
        await peer.SaysAsync("Stored Accepted", 3);
        Assert.Equal(0, await peer.ExitAsync());
        await fleet.AccountedAsync(agent);

        SpoolLevel? level = null;
        await Wait.UntilAsync(
            async () => (level = (await fleet.Collector.DevicesAsync()).Single(device => device.Labels["name"] == "of-1.0").Spool).Produced == 3, () => $"the peer's last heartbeat is known: {level}");
        TestFleet.AssertIdentity(level!);
    }
}
