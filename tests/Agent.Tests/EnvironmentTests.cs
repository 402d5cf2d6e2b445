using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class EnvironmentTests
{
    [Fact]
    public void The_fingerprint_is_of_hardware_and_conditions_in_any_order_and_not_of_software()
    {
        var one = new Protos.V1.Environment { Hardware = { ["cpu_model"] = "x", ["cpu_cores"] = "2" }, Conditions = { ["power_mode"] = "15W" }, Software = { ["kernel"] = "6.1" } };
        var same = new Protos.V1.Environment { Hardware = { ["cpu_cores"] = "2", ["cpu_model"] = "x" }, Conditions = { ["power_mode"] = "15W" }, Software = { ["kernel"] = "6.8" } };
        Assert.Equal(MachineEnvironment.Fingerprint(one), MachineEnvironment.Fingerprint(same));
        Assert.Matches("^[0-9a-f]{16}$", MachineEnvironment.Fingerprint(one));
        same.Conditions["power_mode"] = "25W";
        Assert.NotEqual(MachineEnvironment.Fingerprint(one), MachineEnvironment.Fingerprint(same));
        same.Conditions["power_mode"] = "15W";
        same.Hardware["cpu_cores"] = "4";
        Assert.NotEqual(MachineEnvironment.Fingerprint(one), MachineEnvironment.Fingerprint(same));
    }

    [Fact]
    public void Processors_are_ranges() => Assert.Matches(@"^\d+(-\d+)?(,\d+(-\d+)?)*$", ThreadPlacement.Allowed());

    [Theory]
    [InlineData("R36.4.3", "6.2")]
    [InlineData("R35.4.1", "5.1.2")]
    [InlineData("R99.1", null)]
    public void JetPack_follows_from_the_release_of_L4T(string release, string? expected) => Assert.Equal(expected, JetPackRelease.Of(release));
}
