using System.CommandLine;
using System.CommandLine.Invocation;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Connection;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class CommandDefaultsTests
{
    private static readonly CommonOptions Common = new();

    private readonly RootCommand root = new()
    {
        DevicesCommand.Create(Common), ModelsCommand.Create(Common), SweepsCommand.Create(Common), SchedulesCommand.Create(Common), RunsCommand.Create(Common), ResultsCommand.Create(Common),
    };

    [Theory]
    [InlineData("devices", "list")]
    [InlineData("models", "list")]
    [InlineData("sweeps", "list")]
    [InlineData("schedules", "list")]
    [InlineData("runs", "list")]
    [InlineData("results", "show")]
    public void A_command_alone_does_what_its_listing_does(string command, string listing)
    {
        var alone = root.Parse(command);
        Assert.Empty(alone.Errors);
        Assert.NotNull(alone.Action);
        Assert.Same(root.Parse($"{command} {listing}").Action, alone.Action);
    }

    [Theory]
    [InlineData("devices --selector class=orin")]
    [InlineData("sweeps --limit 5")]
    [InlineData("runs --model mamba-130m")]
    [InlineData("results --sweep 1b2c3d4e")]
    public void It_has_the_listing_s_options(string line) => Assert.Empty(root.Parse(line).Errors);

    [Fact]
    public void The_listing_s_defaults_hold() => Assert.Equal(20, root.Parse("sweeps").GetValue<int>("--limit"));

    [Theory]
    [InlineData("sweeps lst")]
    [InlineData("schedules create nightly --limit 5 --cron *")]
    public void What_is_unknown_is_refused(string line) => Assert.IsType<ParseErrorAction>(root.Parse(line).Action);
}
