namespace EdgeFleet.Inference.Verification;

/// <summary>How a decoder's logits compare with a reference.</summary>
/// <param name="MaxAbsError">Greatest difference of a logit; infinite where one is not a number.</param>
/// <param name="LogitStd">Standard deviation of the reference's logits.</param>
/// <param name="Top1Agreement">Share of positions at which both prefer the same token.</param>
/// <param name="MeanKl">Mean over positions of KL(reference || decoder) in nats.</param>
/// <param name="Positions">Positions compared: batch x tokens.</param>
public sealed record VerificationResult(double MaxAbsError, double LogitStd, double Top1Agreement, double MeanKl, long Positions)
{
    /// <summary>Greatest difference over the standard deviation of the reference.</summary>
    public double MaxErrorOverStd => MaxAbsError / LogitStd;
}
