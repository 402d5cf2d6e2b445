using EdgeFleet.Inference.Verification;
using Xunit;

namespace EdgeFleet.Inference.Tests.Verification;

public sealed class LogitComparisonTests
{
    [Fact]
    public void Equal_logits_differ_by_nothing()
    {
        var comparison = new LogitComparison();
        comparison.Add([1, 2, 3], [1, 2, 3]);

        var result = comparison.Result();

        Assert.Equal(new VerificationResult(0, Math.Sqrt(2.0 / 3), 1, 0, 1), result with { LogitStd = Math.Sqrt(2.0 / 3) });
        Assert.Equal(Math.Sqrt(2.0 / 3), result.LogitStd, 12);
    }

    [Fact]
    public void Error_agreement_and_divergence_are_by_their_definitions()
    {
        var comparison = new LogitComparison();
        comparison.Add([0, 0], [0, (float)Math.Log(3)]);
        comparison.Add([0, 5], [0, 5]);

        var result = comparison.Result();

        Assert.Equal(Math.Log(3), result.MaxAbsError, 6);
        Assert.Equal(0.5, result.Top1Agreement);

        // KL((1/4, 3/4) || (1/2, 1/2)), halved by the position that agrees.
        var kl = (0.25 * Math.Log(0.5)) + (0.75 * Math.Log(1.5));
        Assert.Equal(kl / 2, result.MeanKl, 6);
        Assert.Equal(2, result.Positions);
    }

    [Fact]
    public void A_logit_that_is_not_a_number_is_an_infinite_error()
    {
        var comparison = new LogitComparison();
        comparison.Add([float.NaN, 0], [1, 0]);

        Assert.Equal(double.PositiveInfinity, comparison.Result().MaxAbsError);
    }
}
