using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Labels = System.Collections.Generic.KeyValuePair<string, object?>[];

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

    /// <summary>The labels for an instrument. Made anew: a field of this would take part in equality. In order of their names, as all labels of the fleet's meter: the SDK keeps a
    /// series whose labels come in another order under two keys.</summary>
    public Labels Labels() =>
    [
        new("condition", Condition), new("context", Context), new("device", Device), new("family", Family), new("model", Model), new("precision", Precision),
    ];

    /// <summary>The labels of one kind of memory.</summary>
    public Labels OfKind(string kind) =>
    [
        new("condition", Condition), new("context", Context), new("device", Device), new("family", Family), new("kind", kind), new("model", Model), new("precision", Precision),
    ];

    /// <summary>The labels of one phase.</summary>
    public Labels OfPhase(string phase) =>
    [
        new("condition", Condition), new("context", Context), new("device", Device), new("family", Family), new("model", Model), new("phase", phase), new("precision", Precision),
    ];

    /// <summary>What a condition stands for, for its info metric.</summary>
    public static Labels Explain(Run run) =>
    [
        new("batch", run.Scenario.Batch.ToString(CultureInfo.InvariantCulture)),
        new("condition", ConditionOf(run)),
        new("conditions_fingerprint", run.Result.ConditionsFingerprint),
        new("decode", run.Scenario.DecodeTokens.ToString(CultureInfo.InvariantCulture)),
        new("depth", run.Scenario.DepthTokens.ToString(CultureInfo.InvariantCulture)),
        new("power_mode", run.Scenario.PowerMode),
        new("provider", ScenarioMapping.Name(run.Scenario.Provider)),
        new("runtime_pack", run.Scenario.RuntimePackId),
        new("weights", run.Scenario.Weights),
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
