using CsCheck;
using EdgeFleet.Measurement.Tokens;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class TokenTimesTests
{
    [Fact]
    public void Time_per_output_token_is_undefined_for_one_token()
    {
        var times = new TokenTimes(1000, []);
        Assert.Null(times.TimePerOutputTokenNs);
        Assert.Null(times.DecodeTokensPerSecond(1));
    }

    [Fact]
    public void Time_per_output_token_is_last_minus_first_over_n_minus_1() =>
        Gen.Long[1, 1_000_000].Array[1, 50].Sample(gaps =>
        {
            var instants = gaps.Aggregate(new List<long> { 77 }, (list, gap) => [.. list, list[^1] + gap]);
            var times = new TokenTimes(77, [.. gaps]);
            Assert.Equal((double)(instants[^1] - instants[0]) / (instants.Count - 1), times.TimePerOutputTokenNs!.Value, 1e-6);
            Assert.Equal(instants[^1], times.TotalNs);
        });

    [Fact]
    public void Throughputs_count_every_sequence_of_the_batch()
    {
        var times = new TokenTimes(500_000_000, [10_000_000, 10_000_000]);
        Assert.Equal(4096, times.PrefillTokensPerSecond(1024, 2));
        Assert.Equal(200, times.DecodeTokensPerSecond(2)!.Value, 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => Throughput.Prefill(0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Throughput.Decode(0, 1));
    }
}
