using EdgeFleet.EndToEnd.Harness;
using Xunit;

namespace EdgeFleet.EndToEnd;

public sealed class CollectorUsageTests
{
    [Theory]
    [InlineData("'--prot'", "--prot", "7443")]
    [InlineData("'many'", "--port", "many")]
    [InlineData("--port must be 0 to 65535", "--port", "70000")]
    [InlineData("'nowhere' is not an address", "--listen", "nowhere")]
    [InlineData("--host: 'a b'", "--host", "a b")]
    [InlineData("--heartbeat must be 0.1 to 600", "--heartbeat", "0")]
    public async Task Wrong_usage_has_status_2_and_one_reason_and_no_help(string reason, params string[] arguments)
    {
        var data = Path.Combine(Path.GetTempPath(), $"edgefleet-unused-{Guid.NewGuid():N}");
        using var collector = new TestProcess(Programs.Collector, ["--data", data, .. arguments]);
        Assert.Equal(2, await collector.ExitAsync());
        Assert.Contains("edgefleet-collector: ", collector.Text, StringComparison.Ordinal);
        Assert.Contains(reason, collector.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Options:", collector.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }
}
