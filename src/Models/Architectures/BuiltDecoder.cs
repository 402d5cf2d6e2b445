using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures;

/// <summary>A decoder's graph for one target and precision, and all that its manifest says about it.</summary>
internal sealed record BuiltDecoder
{
    /// <summary>What the configuration says.</summary>
    public required DecoderDescription Description { get; init; }

    /// <summary>The graph.</summary>
    public required GraphBuilder Graph { get; init; }

    /// <summary>What the precision resolved to.</summary>
    public required PrecisionManifest Precision { get; init; }

    /// <summary>Inputs other than states.</summary>
    public required ImmutableArray<InputManifest> Inputs { get; init; }

    /// <summary>Name of the logits output.</summary>
    public required string LogitsOutput { get; init; }

    /// <summary>Rotary tables.</summary>
    public required ImmutableArray<RotaryManifest> Rotary { get; init; }

    /// <summary>States.</summary>
    public required ImmutableArray<StateManifest> States { get; init; }

    /// <summary>Routes.</summary>
    public required ImmutableArray<RouteManifest> Routes { get; init; }

    /// <summary>Costs.</summary>
    public required CostManifest Cost { get; init; }
}
