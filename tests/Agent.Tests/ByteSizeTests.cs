using EdgeFleet.Agent.Commands;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("512", 512L)]
    [InlineData("4G", 4L << 30)]
    [InlineData("4gib", 4L << 30)]
    [InlineData("800M", 800L << 20)]
    [InlineData("1 KiB", 1024L)]
    [InlineData("3T", 3L << 40)]
    [InlineData("12KiB", 12L << 10)]
    [InlineData("3 MiB", 3L << 20)]
    [InlineData("2gib", 2L << 30)]
    public void A_size_is_a_number_with_a_unit_in_powers_of_1024(string text, long expected)
    {
        Assert.True(ByteSize.TryParse(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("iB")]
    [InlineData("5iB")]
    [InlineData("5GB")]
    [InlineData("-1")]
    [InlineData("1.5G")]
    [InlineData("9999999T")]
    [InlineData("1GB")]
    [InlineData("9999999999TiB")]
    public void Anything_else_is_none(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void A_limit_of_memory_below_any_worker_is_refused() => Assert.Throws<UsageException>(() => ByteSize.MemoryLimit("--memory-limit", "15M"));
}
