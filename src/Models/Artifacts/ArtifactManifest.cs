using System.Collections.Immutable;

namespace EdgeFleet.Models.Artifacts;

/// <summary>
/// What an artifact is: written as <c>manifest.json</c> beside <c>model.onnx</c>. The SHA-256 of its canonical JSON is the artifact's id.
/// </summary>
public sealed record ArtifactManifest
{
    /// <summary>Version of this schema; a reader refuses a newer one.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Schema version of this manifest.</summary>
    public required int Schema { get; init; }

    /// <summary>Catalogue name, or the checkpoint's directory name.</summary>
    public required string Name { get; init; }

    /// <summary>Hugging Face <c>model_type</c>, or <c>foreign</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Family of the model.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Provider that the graph was built for: <c>cpu</c> or <c>cuda</c>.</summary>
    public required string Target { get; init; }

    /// <summary>What the named precision resolved to.</summary>
    public required PrecisionManifest Precision { get; init; }

    /// <summary>Where the weights came from.</summary>
    public required WeightsManifest Weights { get; init; }

    /// <summary>Number of parameters; a tied table counts once.</summary>
    public required long Parameters { get; init; }

    /// <summary>Rows of the logits.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Context length the model was trained for; null where its config does not say.</summary>
    public required int? TrainedContext { get; init; }

    /// <summary>Longest sequence that can run at all (learned positions); null where there is no such limit.</summary>
    public required int? PositionLimit { get; init; }

    /// <summary>The graph's inputs other than states.</summary>
    public required ImmutableArray<InputManifest> Inputs { get; init; }

    /// <summary>Name of the logits output, float32, float16 or bfloat16 [batch, positions, vocabulary].</summary>
    public required string LogitsOutput { get; init; }

    /// <summary>Rotary tables that the host computes and binds.</summary>
    public required ImmutableArray<RotaryManifest> Rotary { get; init; }

    /// <summary>State tensors, in layer order.</summary>
    public required ImmutableArray<StateManifest> States { get; init; }

    /// <summary>How each layer's sequence mixers are executed.</summary>
    public required ImmutableArray<RouteManifest> Routes { get; init; }

    /// <summary>What one token costs, for the roofline.</summary>
    public required CostManifest Cost { get; init; }

    /// <summary>Least version of the <c>edgefleet</c> operators; 0 where none is used.</summary>
    public required int MinimumOperatorVersion { get; init; }

    /// <summary>Version of the exporter.</summary>
    public required string Exporter { get; init; }

    /// <summary>Begin- and end-of-sequence ids where the config names them.</summary>
    public required TokensManifest Tokens { get; init; }

    /// <summary>Every file of the artifact but the manifest itself.</summary>
    public required ImmutableArray<FileManifest> Files { get; init; }
}
