using EdgeFleet.Agent.Bench;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>The rule by which findings invalidate a run and have it repeated: one for bench and for the runs of a sweep.</summary>
public sealed class InvalidationTests
{
    [Fact]
    public void Without_a_rule_findings_only_inform()
    {
        var trace = Completed("machine_noisy");
        Assert.False(new Invalidation(null).Again(trace));
        Assert.False(new Invalidation(new EngineOptions()).Again(trace));
        Assert.False(Assert.Single(trace.Findings).Invalidates);
    }

    [Fact]
    public void A_run_is_repeated_until_it_is_valid_and_says_what_came_before()
    {
        var rule = new Invalidation(new EngineOptions { InvalidatingFindings = { "machine_noisy", "throttled" } });
        Assert.True(rule.Again(Completed("machine_noisy", "random_weights")));
        Assert.Equal(1u, rule.Repeats);
        var last = Completed("random_weights");
        Assert.False(rule.Again(last));
        Assert.All(last.Findings, finding => Assert.False(finding.Invalidates));
        Assert.Equal("This run was repeated 1 times, since findings invalidated the earlier ones: machine_noisy.", last.Findings.Single(finding => finding.Code == "run_repeated").Message);
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(0u, 0)]
    [InlineData(3u, 3)]
    public void It_is_repeated_so_often_at_most_and_the_last_stays_invalid(uint? repeats, int expected)
    {
        var options = new EngineOptions { InvalidatingFindings = { "throttled" } };
        if (repeats is { } most) options.InvalidRepeats = most;
        var rule = new Invalidation(options);
        var performed = 1;
        var trace = Completed("throttled");
        while (rule.Again(trace))
        {
            performed++;
            trace = Completed("throttled");
        }

        Assert.Equal(expected, performed - 1);
        Assert.True(trace.Findings.Single(finding => finding.Code == "throttled").Invalidates);
    }

    [Fact]
    public void A_run_that_did_not_complete_is_no_invalid_one()
    {
        var trace = Completed("throttled");
        trace.End.Outcome = Outcome.Failed;
        Assert.False(new Invalidation(new EngineOptions { InvalidatingFindings = { "throttled" } }).Again(trace));
    }

    private static Trace Completed(params string[] codes)
    {
        var trace = new Trace { End = new RunEnd { Outcome = Outcome.Completed } };
        trace.Findings.Add(codes.Select(code => new Finding { Code = code, Message = code }));
        return trace;
    }
}
