using System.Collections.Immutable;

namespace EdgeFleet.Inference.RuntimePacks;

/// <summary>What a runtime pack says about itself, as <c>pack.json</c>.</summary>
public sealed record RuntimePackManifest
{
    /// <summary>Version of this schema.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Schema version of this manifest.</summary>
    public required int Schema { get; init; }

    /// <summary>Version of ONNX Runtime, e.g. <c>1.29.0</c>.</summary>
    public required string OnnxRuntime { get; init; }

    /// <summary>Providers that the pack is for: <c>cpu</c>, <c>cuda</c>, <c>tensorrt</c>.</summary>
    public required ImmutableArray<string> Providers { get; init; }

    /// <summary>CUDA major version that the providers were built for; null without CUDA.</summary>
    public required int? CudaMajor { get; init; }

    /// <summary>Architectures: <c>x64</c> or <c>arm64</c>, and the GPU's as <c>sm_87</c>.</summary>
    public required ImmutableArray<string> Architectures { get; init; }

    /// <summary>Every library of the pack.</summary>
    public required ImmutableArray<RuntimePackFile> Files { get; init; }
}
