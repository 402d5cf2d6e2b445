using System.Collections.Immutable;

namespace EdgeFleet.Models.Architectures;

/// <summary>A Mamba-2 mixer (Dao and Gu 2024, arXiv 2405.21060).</summary>
internal sealed record Mamba2Block
{
    /// <summary>Decoder layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Prefix of the tensors, e.g. <c>backbone.layers.0.mixer</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Heads of the recurrence.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels per head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Groups that share B and C.</summary>
    public required int Groups { get; init; }

    /// <summary>State elements per channel.</summary>
    public required int StateSize { get; init; }

    /// <summary>Width of the convolution.</summary>
    public required int ConvWidth { get; init; }

    /// <summary>Activation of the convolution.</summary>
    public Activation ConvActivation { get; init; } = Activation.Silu;

    /// <summary>Whether the convolution has a bias.</summary>
    public required bool HasConvBias { get; init; }

    /// <summary>Whether the projection in has a bias.</summary>
    public required bool HasInBias { get; init; }

    /// <summary>Whether the projection out has a bias.</summary>
    public required bool HasOutBias { get; init; }

    /// <summary>Least dt.</summary>
    public double MinimumTimeStep { get; init; }

    /// <summary>Greatest dt.</summary>
    public double MaximumTimeStep { get; init; } = double.PositiveInfinity;

    /// <summary>The gated norm behind the recurrence; null for a gate alone.</summary>
    public GatedNormBlock? Norm { get; init; }

    /// <summary>Factor of the mixer's input.</summary>
    public double InputMultiplier { get; init; } = 1;

    /// <summary>Factors of the projection's parts: gate, x, B, C, dt.</summary>
    public ImmutableArray<double> PartMultipliers { get; init; } = [1, 1, 1, 1, 1];

    /// <summary>Factor of the mixer's output.</summary>
    public double OutputMultiplier { get; init; } = 1;

    /// <summary>Channels of the recurrence.</summary>
    public int Inner => Heads * HeadSize;

    /// <summary>Channels of B, and of C.</summary>
    public int GroupWidth => Groups * StateSize;

    /// <summary>Channels of the convolution: x, B and C.</summary>
    public int ConvChannels => Inner + (2 * GroupWidth);
}
