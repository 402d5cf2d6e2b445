using EdgeFleet.Measurement.Scenarios;
using Measured = EdgeFleet.Measurement.Scenarios.Scenario;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>What a scenario is filed under.</summary>
/// <param name="Hash">Identity of the scenario.</param>
/// <param name="Curve">Equal for scenarios that differ in context and depth only: the points of one curve.</param>
/// <param name="Baseline">
/// Equal for scenarios that differ in runtime pack and artifact only, so that a new ONNX Runtime or exporter is compared with the old one.
/// </param>
/// <param name="LengthTokens">Longest sequence that a run holds.</param>
internal sealed record ScenarioKeys(string Hash, string Curve, string Baseline, long LengthTokens)
{
    /// <summary>Computes the keys.</summary>
    public static ScenarioKeys Of(Measured scenario) => new(
        ScenarioHash.Of(scenario),
        ScenarioHash.Of(scenario with { ContextTokens = 0, DepthTokens = 0 }),
        ScenarioHash.Of(scenario with { RuntimePackId = "", ArtifactId = "" }),
        scenario.TotalTokens);
}
