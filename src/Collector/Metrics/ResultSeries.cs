using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Metrics;

/// <summary>The labels of a result: which series it is the last value of.</summary>
internal sealed record ResultSeries(string Device, string Model, string Family, string Precision, string Context, string Condition)
{
    /// <summary>The labels of a run.</summary>
    public static ResultSeries Of(Run run) => new(
        run.DeviceId[..12],
        run.Scenario.Model,
        run.Scenario.Family,
        ScenarioMapping.Name(run.Scenario.Precision),
        run.Scenario.ContextTokens.ToString(CultureInfo.InvariantCulture),
        ConditionOf(run));

    /// <summary>The labels for an instrument. Made anew: a field of this would take part in equality.</summary>
    public KeyValuePair<string, object?>[] Labels() =>
    [
        new("device", Device), new("model", Model), new("family", Family), new("precision", Precision), new("context", Context), new("condition", Condition),
    ];

    /// <summary>What a condition stands for, for its info metric.</summary>
    public static KeyValuePair<string, object?>[] Explain(Run run) =>
    [
        new("condition", ConditionOf(run)),
        new("provider", ScenarioMapping.Name(run.Scenario.Provider)),
        new("runtime_pack", run.Scenario.RuntimePackId),
        new("power_mode", run.Scenario.PowerMode),
        new("batch", run.Scenario.Batch.ToString(CultureInfo.InvariantCulture)),
        new("depth", run.Scenario.DepthTokens.ToString(CultureInfo.InvariantCulture)),
        new("decode", run.Scenario.DecodeTokens.ToString(CultureInfo.InvariantCulture)),
        new("weights", run.Scenario.Weights),
        new("conditions_fingerprint", run.Result.ConditionsFingerprint),
    ];

    private static string ConditionOf(Run run)
    {
        var s = run.Scenario;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{(int)s.Provider}\n{s.RuntimePackId}\n{s.PowerMode}\n{s.Batch}\n{s.DepthTokens}\n{s.DecodeTokens}\n{s.Threads}\n{s.PrefillChunkTokens}\n{(int)s.Logits}\n{s.Weights}\n{run.Result.ConditionsFingerprint}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
    }
}
