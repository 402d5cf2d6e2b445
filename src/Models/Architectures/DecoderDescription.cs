using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Models.Architectures;

/// <summary>What a configuration alone says about a decoder, without any weights.</summary>
public sealed record DecoderDescription
{
    /// <summary>Hugging Face <c>model_type</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Family.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Rows of the logits.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Context length of training; null where the configuration does not say.</summary>
    public required int? TrainedContext { get; init; }

    /// <summary>Longest sequence that can run at all; null for no limit.</summary>
    public required int? PositionLimit { get; init; }

    /// <summary>Special tokens.</summary>
    public required TokensManifest Tokens { get; init; }

    /// <summary>The tensors that are read, in the order of first use.</summary>
    public required ImmutableArray<DecoderTensor> Tensors { get; init; }

    /// <summary>Patterns of tensors that checkpoints may have besides, and that are not read (<c>*</c> stands for any characters).</summary>
    public required ImmutableArray<string> Ignorable { get; init; }

    /// <summary>Number of parameters; tied and shared tensors count once.</summary>
    public long Parameters => Tensors.Sum(tensor => tensor.Elements);

    /// <summary>The tensors as a random source makes them.</summary>
    public ImmutableArray<TensorDeclaration> Declarations =>
    [
        .. Tensors.Select(tensor => new TensorDeclaration(
            tensor.Name, tensor.Shape, StandardInitialisation.For(tensor.Name, tensor.Shape.AsSpan(), Layers))),
    ];

    /// <summary>Describes the decoder of a configuration.</summary>
    /// <exception cref="CheckpointException">The configuration is not supported; the message names the key.</exception>
    public static DecoderDescription Of(ModelConfig config) =>
        DecoderArchitectures.Build(config, Lowering.LoweringPlan.Resolve(ExportTarget.Cpu, ExportPrecision.Float32)).Description;
}
