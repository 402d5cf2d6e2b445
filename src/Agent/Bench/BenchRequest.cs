using System.Collections.Immutable;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Models.Export;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Bench;

/// <summary>What `bench` was asked for.</summary>
internal sealed record BenchRequest
{
    public required ImmutableArray<ModelLocation> Models { get; init; }

    public required ImmutableArray<ExportPrecision> Precisions { get; init; }

    public required ImmutableArray<string> Providers { get; init; }

    public required SweepAxes Axes { get; init; }

    public required string Logits { get; init; }

    public required int Repeats { get; init; }

    public required ulong Seed { get; init; }

    public required string? RuntimePack { get; init; }

    public required string Cache { get; init; }

    public required EngineOptions Engine { get; init; }

    public required ObservationOptions Observation { get; init; }

    /// <summary>Whether the machine's limits are probed; without them there is no MBU and no MFU.</summary>
    public required bool Roofline { get; init; }

    /// <summary>Whether a provider that cannot be used may be replaced: TensorRT by CUDA.</summary>
    public required bool AllowProviderFallback { get; init; }

    /// <summary>Memory of the GPU that a run may use; 0 for all.</summary>
    public required long DeviceMemoryLimitBytes { get; init; }

    /// <summary>Longest context of a frontier search that starts at each context; null measures the contexts alone.</summary>
    public required int? FrontierMaximum { get; init; }

    /// <summary>Distance in tokens at which a frontier search ends.</summary>
    public required int FrontierStep { get; init; }
}
