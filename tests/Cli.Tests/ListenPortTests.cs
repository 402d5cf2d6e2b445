using System.Net;
using System.Net.Sockets;
using EdgeFleet.Collector.Hosting;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class ListenPortTests
{
    [Fact]
    public void A_port_that_is_taken_is_said_with_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var error = Assert.Throws<IOException>(() => ListenPort.RequireFree("127.0.0.1", ((IPEndPoint)other.LocalEndpoint).Port));
        Assert.EndsWith("is in use. Give another one with --port N; 0 takes a free one.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("elsewhere", 0, "--listen")]
    [InlineData("127.0.0.1", 65536, "--port")]
    [InlineData("127.0.0.1", -1, "--port")]
    public void What_is_no_place_is_refused(string listen, int port, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => ListenPort.RequireFree(listen, port)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_address_of_another_machine_is_refused() =>
        Assert.StartsWith("Cannot listen on 192.0.2.1:0: ", Assert.Throws<IOException>(() => ListenPort.RequireFree("192.0.2.1", 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_free_port_is_left_free()
    {
        ListenPort.RequireFree("127.0.0.1", 0);
        ListenPort.RequireFree("0.0.0.0", 0);
    }
}
