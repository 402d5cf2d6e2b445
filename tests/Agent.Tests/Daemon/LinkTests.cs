using EdgeFleet.Agent.Link;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EdgeFleet.Agent.Tests.Daemon;

public sealed class LinkTests
{
    [Fact]
    public async Task Delays_grow_are_capped_and_differ()
    {
        var time = new FakeTimeProvider();
        var delays = new List<TimeSpan>();
        var options = new LinkOptions();
        var pipeline = Reconnection.Pipeline(options, time, (_, delay) => delays.Add(delay));
        using var ended = new CancellationTokenSource();
        var trying = pipeline.ExecuteAsync(
            _ => delays.Count < 40 ? throw new IOException("down") : ValueTask.CompletedTask, ended.Token).AsTask();
        while (!trying.IsCompleted)
        {
            time.Advance(options.LongestDelay);
            await Task.Yield();
        }

        await trying;
        Assert.Equal(40, delays.Count);
        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, options.LongestDelay));
        Assert.True(delays.Take(3).Sum(delay => delay.TotalSeconds) < 20);
        Assert.True(delays.TakeLast(20).Average(delay => delay.TotalSeconds) > 30);
        Assert.True(delays.Take(5).Distinct().Count() > 1);
    }

    [Fact]
    public void The_offset_of_the_clocks_comes_out_with_its_error()
    {
        const long day = 86_400_000_000_000;
        var clock = new ClockOffset();
        Assert.Null(clock.OffsetNs);
        clock.Sent(1, day + 1000);
        clock.Heard(peerSequence: 1, peerReceivedNs: 1030, peerSentNs: 2000, nowNs: day + 2050);
        Assert.Equal(40, clock.ErrorNs);
        Assert.InRange(clock.OffsetNs!.Value, day - clock.ErrorNs, day + clock.ErrorNs);

        clock.Heard(peerSequence: 9, peerReceivedNs: 0, peerSentNs: 1, nowNs: 2);
        clock.Heard(peerSequence: 1, peerReceivedNs: 5000, peerSentNs: 4000, nowNs: 9);
        Assert.Equal(40, clock.ErrorNs);
    }

    [Fact]
    public void An_address_in_a_file_is_read_each_time_and_no_error_repeats_its_token()
    {
        var file = Path.GetTempFileName();
        var join = new JoinAddress("@" + file);
        var fingerprint = new string('a', 64);
        File.WriteAllText(file, $"edgefleet://secret@one:1#{fingerprint}\n");
        Assert.Equal(("one", 1), (join.Read().Host, join.Read().Port));
        File.WriteAllText(file, $"edgefleet://secret@two:2#{fingerprint}");
        Assert.Equal("two", join.Read().Host);
        File.WriteAllText(file, "edgefleet://secret@two:2#short");
        Assert.DoesNotContain("secret", Assert.Throws<FormatException>(join.Read).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", join.ToString() + new JoinAddress($"edgefleet://secret@two:2#{fingerprint}"), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public void Memory_and_free_disk_bound_a_device()
    {
        var read = new Dictionary<string, double>();
        new MachineGauges(Path.GetTempPath()).Read(read);
        Assert.True(read["memory_total_bytes/system"] > 1 << 20);
        Assert.True(read["disk_free_bytes"] > 0);
    }
}
