using CsCheck;
using EdgeFleet.Measurement.Frontier;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class FrontierTests
{
    [Fact]
    public void The_limit_is_found_within_a_step_and_again_the_same() =>
        Gen.Select(Gen.Int[1, 4096], Gen.Int[1, 1 << 20]).Sample(
            (start, limit) =>
            {
                var first = Search(start, 1 << 20, context => context <= limit, out var tried);
                var second = Search(start, 1 << 20, context => context <= limit, out _);
                Assert.Equal(first.Longest, second.Longest);
                Assert.True(first.IsMonotone);
                Assert.InRange(tried, 1, 40);
                if (first.Longest is not { } longest)
                {
                    // Not even the shortest that the steps allow.
                    Assert.True(first.Tried[0].Context > limit);
                    return;
                }

                Assert.InRange(longest, Math.Min(limit, 1 << 20) - FrontierSearch.DefaultStep, limit);
            },
            iter: 300);

    [Fact]
    public void The_maximum_ends_the_search()
    {
        var search = Search(512, 3000, _ => true, out _);
        Assert.Equal(3000, search.Longest);
        Assert.Equal([512, 1024, 2048, 3000], search.Tried.Select(pair => pair.Context));
    }

    [Fact]
    public void What_never_completes_has_no_frontier()
    {
        var search = Search(1024, 1 << 20, _ => false, out _);
        Assert.Null(search.Longest);
        Assert.Equal(256, search.Tried[0].Context);
    }

    [Fact]
    public void A_hole_below_a_context_that_completes_is_reported()
    {
        var search = new FrontierSearch(256, 4096);
        search.Report(1024, false);
        search.Report(2048, true);
        Assert.False(search.IsMonotone);
        Assert.Equal(2048, search.Longest);
    }

    private static FrontierSearch Search(int start, int maximum, Func<int, bool> completes, out int tried)
    {
        var search = new FrontierSearch(Math.Min(start, maximum), maximum);
        tried = 0;
        while (search.Next() is { } context)
        {
            tried++;
            search.Report(context, completes(context));
        }

        return search;
    }
}
