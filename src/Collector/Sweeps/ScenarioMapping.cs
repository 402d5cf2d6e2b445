using EdgeFleet.Protos.V1;
using Measured = EdgeFleet.Measurement.Scenarios.Scenario;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Between the contract's scenario and Measurement's.</summary>
internal static class ScenarioMapping
{
    /// <summary>To Measurement's.</summary>
    public static Measured ToMeasured(this Scenario scenario) => new()
    {
        Model = scenario.Model,
        Family = scenario.Family,
        ArtifactId = scenario.ArtifactId,
        RuntimePackId = scenario.RuntimePackId,
        Provider = Name(scenario.Provider),
        Precision = Name(scenario.Precision),
        ContextTokens = checked((int)scenario.ContextTokens),
        DecodeTokens = checked((int)scenario.DecodeTokens),
        Batch = checked((int)scenario.Batch),
        DepthTokens = checked((int)scenario.DepthTokens),
        PrefillChunkTokens = checked((int)scenario.PrefillChunkTokens),
        Threads = checked((int)scenario.Threads),
        Logits = scenario.Logits == LogitsMode.All ? "all" : "last",
        PowerMode = scenario.PowerMode,
        Weights = scenario.Weights,
        AllowProviderFallback = scenario.AllowProviderFallback,
        DeviceMemoryLimitBytes = checked((long)scenario.DeviceMemoryLimitBytes),
    };

    /// <summary>To the contract's.</summary>
    public static Scenario ToContract(this Measured scenario) => new()
    {
        Model = scenario.Model,
        Family = scenario.Family,
        ArtifactId = scenario.ArtifactId,
        RuntimePackId = scenario.RuntimePackId,
        Provider = Provider(scenario.Provider) ?? throw new ArgumentException($"Unknown provider '{scenario.Provider}'.", nameof(scenario)),
        Precision = Precision(scenario.Precision) ?? throw new ArgumentException($"Unknown precision '{scenario.Precision}'.", nameof(scenario)),
        ContextTokens = (uint)scenario.ContextTokens,
        DecodeTokens = (uint)scenario.DecodeTokens,
        Batch = (uint)scenario.Batch,
        DepthTokens = (uint)scenario.DepthTokens,
        PrefillChunkTokens = (uint)scenario.PrefillChunkTokens,
        Threads = (uint)scenario.Threads,
        Logits = scenario.Logits == "all" ? LogitsMode.All : LogitsMode.Last,
        PowerMode = scenario.PowerMode,
        Weights = scenario.Weights,
        AllowProviderFallback = scenario.AllowProviderFallback,
        DeviceMemoryLimitBytes = (ulong)scenario.DeviceMemoryLimitBytes,
    };

    /// <summary>Name of a provider, or <c>provider_N</c> for a newer peer's.</summary>
    public static string Name(Provider provider) => provider switch
    {
        Protos.V1.Provider.Cpu => "cpu",
        Protos.V1.Provider.Cuda => "cuda",
        Protos.V1.Provider.Tensorrt => "tensorrt",
        _ => $"provider_{(int)provider}",
    };

    /// <summary>Name of a precision, or <c>precision_N</c> for a newer peer's.</summary>
    public static string Name(Precision precision) => precision switch
    {
        Protos.V1.Precision.Fp32 => "fp32",
        Protos.V1.Precision.Fp16 => "fp16",
        Protos.V1.Precision.Bf16 => "bf16",
        Protos.V1.Precision.Int4 => "int4",
        _ => $"precision_{(int)precision}",
    };

    /// <summary>Provider of a name, or null.</summary>
    public static Provider? Provider(string name) => name switch
    {
        "cpu" => Protos.V1.Provider.Cpu,
        "cuda" => Protos.V1.Provider.Cuda,
        "tensorrt" => Protos.V1.Provider.Tensorrt,
        _ => null,
    };

    /// <summary>Precision of a name, or null.</summary>
    public static Precision? Precision(string name) => name switch
    {
        "fp32" => Protos.V1.Precision.Fp32,
        "fp16" => Protos.V1.Precision.Fp16,
        "bf16" => Protos.V1.Precision.Bf16,
        "int4" => Protos.V1.Precision.Int4,
        _ => null,
    };
}
