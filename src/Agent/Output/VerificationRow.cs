using System.Text.Json.Serialization;

namespace EdgeFleet.Agent.Output;

/// <summary>What <c>verify</c> found.</summary>
/// <param name="MaxAbsError">Greatest difference of a logit.</param>
/// <param name="LogitStd">Standard deviation of the reference's logits.</param>
/// <param name="MaxErrorOverStd">The first over the second.</param>
/// <param name="Top1Agreement">Share of positions at which both prefer the same token.</param>
/// <param name="Positions">Positions compared.</param>
internal sealed record VerificationRow(
    double MaxAbsError, double LogitStd, double MaxErrorOverStd, [property: JsonPropertyName("top1_agreement")] double Top1Agreement, long Positions);
