using EdgeFleet.Agent.Commands;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>A real limit of a real control group: skipped where this user may make none.</summary>
public sealed class MemoryLimitTests
{
    private const long Limit = 64L << 20;

    [Fact]
    public async Task A_worker_that_takes_too_much_is_out_of_memory_and_the_next_run_is_clean()
    {
        RequireControlGroups();

        // tail keeps all that it reads until a line ends, and zeros never end one.
        var greedy = PlayedWorker.Shell("exec tail /dev/zero") with { MemoryLimitBytes = Limit };
        for (var i = 0; i < 2; i++)
        {
            var end = (await new WorkerProcess(greedy).RunAsync(new WorkerRun(), _ => { }, TestContext.Current.CancellationToken)).Trace.End;
            Assert.Equal((Outcome.OutOfMemory, "out_of_memory", Posix.Sigkill), (end.Outcome, end.Reason, end.Signal));
        }

        var modest = PlayedWorker.Shell("exit 7") with { MemoryLimitBytes = Limit };
        var next = (await new WorkerProcess(modest).RunAsync(new WorkerRun(), _ => { }, TestContext.Current.CancellationToken)).Trace.End;
        Assert.Equal((Outcome.Failed, "worker_crashed", 7), (next.Outcome, next.Reason, next.ExitCode));
    }

    [Theory]
    [InlineData("64M", 64L << 20)]
    [InlineData("4g", 4L << 30)]
    [InlineData("20971520", 20L << 20)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse("--memory-limit", text));

    [Theory]
    [InlineData("")]
    [InlineData("4T")]
    [InlineData("1M")]
    [InlineData("-4G")]
    [InlineData("99999999999G")]
    public void What_is_no_size_is_refused(string text) => Assert.Throws<UsageException>(() => MemorySize.Parse("--memory-limit", text));

    private static void RequireControlGroups()
    {
        try
        {
            using var group = MemoryControlGroup.Create(Limit);
        }
        catch (IOException exception)
        {
            Assert.Skip(exception.Message);
        }
    }
}
