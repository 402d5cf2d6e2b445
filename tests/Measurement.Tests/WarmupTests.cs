using CsCheck;
using EdgeFleet.Measurement.Warmup;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class WarmupTests
{
    private static readonly WarmupPolicy Policy = new();

    [Fact]
    public void A_flat_series_is_warm_after_four_iterations()
    {
        Assert.Equal(WarmupDecision.Continue, Policy.Decide([10, 10, 10], TimeSpan.Zero));
        Assert.Equal(WarmupDecision.Flat, Policy.Decide([10, 10, 10, 10], TimeSpan.Zero));
    }

    [Fact]
    public void A_slow_first_iteration_does_not_hold_up_the_rest() =>
        Assert.Equal(WarmupDecision.Flat, Policy.Decide([50, 10.1, 10.0, 10.2], TimeSpan.Zero));

    [Fact]
    public void A_falling_series_goes_on()
    {
        Assert.Equal(WarmupDecision.Continue, Policy.Decide([50, 40, 30, 20], TimeSpan.Zero));
        Assert.Equal(WarmupDecision.Continue, Policy.Decide([60, 50, 40, 30, 20, 19], TimeSpan.Zero));
    }

    [Fact]
    public void A_fall_too_small_to_matter_is_not_waited_for() =>
        Assert.Equal(WarmupDecision.Flat, Policy.Decide([100, 99.9, 99.8, 99.7], TimeSpan.Zero));

    [Fact]
    public void Time_and_count_bound_the_warm_up()
    {
        Assert.Equal(WarmupDecision.Bounded, Policy.Decide([50], TimeSpan.FromSeconds(10)));
        var falling = Enumerable.Range(0, 15).Select(i => 100.0 - (5 * i)).ToArray();
        Assert.Equal(WarmupDecision.Bounded, Policy.Decide(falling, TimeSpan.Zero));
    }

    [Fact]
    public void The_minimum_is_always_made() =>
        Assert.Equal(WarmupDecision.Continue, (Policy with { MinimumIterations = 3 }).Decide([5, 5], TimeSpan.FromHours(1)));

    [Fact]
    public void Warm_up_always_ends() =>
        Gen.Double[0.1, 1000].Array[15].Sample(durations => Assert.NotEqual(WarmupDecision.Continue, Policy.Decide(durations, TimeSpan.Zero)));

    [Theory]
    [InlineData(0, 100, true)]
    [InlineData(1, 0, true)]
    [InlineData(1, 5, false)]
    [InlineData(4, 0, true)]
    [InlineData(5, 0, false)]
    public void Iterations_of_equal_times_end_at_five_or_at_the_time_bound(int done, int seconds, bool more) =>
        Assert.Equal(more, new IterationPolicy().Continue([.. Enumerable.Repeat(10.0, done)], [.. Enumerable.Repeat(2.0, done)], TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Iterations_go_on_while_either_interval_is_wide()
    {
        double[] narrow = [100, 101, 99, 100, 100];
        double[] wide = [100, 110, 90, 105, 95];
        Assert.False(new IterationPolicy().Continue(narrow, narrow, TimeSpan.Zero));
        Assert.False(new IterationPolicy().Continue(narrow, [], TimeSpan.Zero));
        Assert.True(new IterationPolicy().Continue(narrow, wide, TimeSpan.Zero));
        Assert.True(new IterationPolicy().Continue(wide, narrow, TimeSpan.Zero));
        Assert.False((new IterationPolicy { MaximumIterations = 5 }).Continue(wide, wide, TimeSpan.Zero));
    }
}
