using EdgeFleet.Measurement.Scenarios;
using Wire = EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Bench;

/// <summary>Between a scenario and its message.</summary>
internal static class ScenarioMapping
{
    public static Wire.Scenario ToMessage(this Scenario scenario) => new()
    {
        Model = scenario.Model,
        Family = scenario.Family,
        ArtifactId = scenario.ArtifactId,
        RuntimePackId = scenario.RuntimePackId,
        Provider = scenario.Provider switch
        {
            "cpu" => Wire.Provider.Cpu,
            "cuda" => Wire.Provider.Cuda,
            "tensorrt" => Wire.Provider.Tensorrt,
            _ => throw new ArgumentException($"Unknown provider '{scenario.Provider}'.", nameof(scenario)),
        },
        Precision = scenario.Precision switch
        {
            "fp32" => Wire.Precision.Fp32,
            "fp16" => Wire.Precision.Fp16,
            "bf16" => Wire.Precision.Bf16,
            "int4" => Wire.Precision.Int4,
            _ => Wire.Precision.Unspecified, // Of a foreign decoder; the trace carries what it resolved to.
        },
        ContextTokens = (uint)scenario.ContextTokens,
        DecodeTokens = (uint)scenario.DecodeTokens,
        Batch = (uint)scenario.Batch,
        DepthTokens = (uint)scenario.DepthTokens,
        PrefillChunkTokens = (uint)scenario.PrefillChunkTokens,
        Threads = (uint)scenario.Threads,
        Logits = scenario.Logits == "all" ? Wire.LogitsMode.All : Wire.LogitsMode.Last,
        PowerMode = scenario.PowerMode,
        Weights = scenario.Weights,
        AllowProviderFallback = scenario.AllowProviderFallback,
        DeviceMemoryLimitBytes = (ulong)scenario.DeviceMemoryLimitBytes,
    };
}
