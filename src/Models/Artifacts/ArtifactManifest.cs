using System.Collections.Immutable;
using System.Text.Json.Serialization;

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

    /// <summary>Name of the logits output, float32 or float16 [batch, positions, vocabulary].</summary>
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

/// <summary>Precision of an artifact: the user's name for it and what it resolved to on the target.</summary>
/// <param name="Name"><c>fp32</c>, <c>fp16</c> or <c>int4</c>.</param>
/// <param name="Weights">Storage type of the projections, e.g. <c>int4</c>.</param>
/// <param name="Activations">Type of activations, e.g. <c>float32</c>.</param>
/// <param name="State">Type of the KV cache; recurrent state is always float32.</param>
public sealed record PrecisionManifest(string Name, string Weights, string Activations, string State);

/// <summary>Provenance of the weights.</summary>
/// <param name="Source"><c>checkpoint</c>, <c>random</c> or <c>foreign</c>.</param>
/// <param name="Seed">Seed of random weights, else null.</param>
/// <param name="Hashes">SHA-256 of each source file by name, ordered by name.</param>
public sealed record WeightsManifest(string Source, ulong? Seed, ImmutableSortedDictionary<string, string> Hashes);

/// <summary>An input that is not a state.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Role">What the host must put there.</param>
/// <param name="Type">ONNX element type name: <c>int64</c>, <c>int32</c>, <c>float32</c>, <c>float16</c>.</param>
public sealed record InputManifest(string Name, InputRole Role, string Type);

/// <summary>One state tensor.</summary>
/// <param name="Layer">Decoder layer, from 0.</param>
/// <param name="Kind">Kind of state.</param>
/// <param name="Input">Name of the graph input.</param>
/// <param name="Output">Name of the graph output.</param>
/// <param name="Type">Element type name.</param>
/// <param name="Shape">Dimensions; <see cref="StateManifest.Batch"/> and <see cref="StateManifest.Capacity"/> stand for the scenario's.</param>
/// <param name="Update">How input and output relate.</param>
public sealed record StateManifest(
    int Layer, StateKind Kind, string Input, string Output, string Type, ImmutableArray<long> Shape, StateUpdate Update)
{
    /// <summary>Stands in <see cref="Shape"/> for the batch.</summary>
    public const long Batch = -1;

    /// <summary>Stands in <see cref="Shape"/> for the number of cached positions.</summary>
    public const long Capacity = -2;

    /// <summary>Bytes of this state for a batch and a capacity in tokens.</summary>
    public long Bytes(int batch, long capacity)
    {
        long elements = 1;
        foreach (var dimension in Shape)
        {
            elements = checked(elements * dimension switch { Batch => batch, Capacity => capacity, _ => dimension });
        }

        return checked(elements * ElementTypes.Bytes(Type));
    }
}

/// <summary>A pair of rotary tables [positions, dimension / 2] that the host computes.</summary>
/// <param name="CosInput">Graph input of the cosines.</param>
/// <param name="SinInput">Graph input of the sines.</param>
/// <param name="Dimension">Rotated channels per head.</param>
/// <param name="Base">Base of the frequencies (<c>rope_theta</c>).</param>
/// <param name="Scaling">Scaling of the frequencies; null for none.</param>
public sealed record RotaryManifest(string CosInput, string SinInput, int Dimension, double Base, RotaryScalingManifest? Scaling);

/// <summary>Scaling of rotary frequencies as configs express it; unused members are null.</summary>
public sealed record RotaryScalingManifest
{
    /// <summary><c>linear</c>, <c>llama3</c>, <c>longrope</c>, <c>yarn</c>, <c>dynamic</c> or <c>proportional</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Extension factor.</summary>
    public double? Factor { get; init; }

    /// <summary>llama3: wavelengths longer than original context / this are scaled fully.</summary>
    public double? LowFrequencyFactor { get; init; }

    /// <summary>llama3: wavelengths shorter than original context / this are kept.</summary>
    public double? HighFrequencyFactor { get; init; }

    /// <summary>Context length before extension.</summary>
    public int? OriginalContext { get; init; }

    /// <summary>longrope: factor per frequency up to the original context.</summary>
    public ImmutableArray<double>? ShortFactors { get; init; }

    /// <summary>longrope: factor per frequency when the scenario's total length exceeds the original context.</summary>
    public ImmutableArray<double>? LongFactors { get; init; }

    /// <summary>Multiplier of cosines and sines; null computes it where the scaling defines one.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>yarn: pairs that turn more often than this over the original context are kept; null for 32.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BetaFast { get; init; }

    /// <summary>yarn: pairs that turn less often than this over the original context are scaled fully; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BetaSlow { get; init; }

    /// <summary>yarn: whether the ramp begins and ends at whole pairs; null for yes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Truncate { get; init; }

    /// <summary>proportional: share of the pairs that turn at all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RotatedShare { get; init; }
}

/// <summary>How a layer's sequence mixer is executed.</summary>
/// <param name="Layer">Decoder layer, from 0.</param>
/// <param name="Operator">Operator, with its domain.</param>
/// <param name="Route"><c>fused-custom</c>, <c>contrib</c>, <c>onnx-function</c>, <c>scan</c> or <c>loop</c>.</param>
public sealed record RouteManifest(int Layer, string Operator, string Route);

/// <summary>Cost of one token, from shapes (docs/measurement.md, roofline).</summary>
/// <param name="WeightBytesPerStep">Bytes of weights that one decode step reads, whatever the batch (the head once, one embedding row).</param>
/// <param name="FlopPerToken">FLOP of one prompt token but attention over the past and the head: 2 per weight of a projection, plus scans and convolutions.</param>
/// <param name="HeadFlop">FLOP of the head for one position.</param>
/// <param name="AttentionFlopPerPair">FLOP per (query, key) pair over all layers: 4 x heads x head size summed over layers without a window.</param>
/// <param name="Windows">Layers whose attention is limited: window in tokens, and FLOP per pair summed over the layers with that window.</param>
public sealed record CostManifest(
    long WeightBytesPerStep, long FlopPerToken, long HeadFlop, long AttentionFlopPerPair, ImmutableArray<WindowCostManifest> Windows);

/// <summary>Attention cost of the layers that share a window.</summary>
/// <param name="Window">Tokens that a query sees, itself included.</param>
/// <param name="FlopPerPair">FLOP per (query, key) pair.</param>
public sealed record WindowCostManifest(int Window, long FlopPerPair);

/// <summary>Special token ids.</summary>
/// <param name="Begin">Begin of sequence, or null.</param>
/// <param name="End">Ids that end generation.</param>
public sealed record TokensManifest(int? Begin, ImmutableArray<int> End);

/// <summary>One file of an artifact.</summary>
/// <param name="Path">Name relative to the artifact's directory; no separators.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Lower-case hex digest.</param>
public sealed record FileManifest(string Path, long Bytes, string Sha256);
