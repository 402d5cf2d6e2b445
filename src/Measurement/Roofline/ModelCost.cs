using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Roofline;

/// <summary>What a model costs, from its shapes (docs/measurement.md, roofline).</summary>
public sealed record ModelCost
{
    /// <summary>Bytes of weights that one decode step reads, whatever the batch.</summary>
    public required long WeightBytesPerStep { get; init; }

    /// <summary>FLOP of one prompt token, without attention over pairs and without the head.</summary>
    public required long FlopPerToken { get; init; }

    /// <summary>FLOP of the head for one position.</summary>
    public required long HeadFlop { get; init; }

    /// <summary>FLOP per (query, key) pair, summed over the layers without a window.</summary>
    public required long AttentionFlopPerPair { get; init; }

    /// <summary>FLOP per pair of the layers with a window, by window.</summary>
    public required ImmutableArray<WindowCost> Windows { get; init; }

    /// <summary>Bytes of keys and values of one token of one sequence, over all layers.</summary>
    public required long KvBytesPerToken { get; init; }

    /// <summary>Bytes of recurrent state of one sequence.</summary>
    public required long RecurrentBytes { get; init; }

    /// <summary>Bytes of convolution windows of one sequence.</summary>
    public required long ConvolutionBytes { get; init; }

    /// <summary>Bytes of state that a scenario holds.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="capacity">Positions that the KV cache has room for.</param>
    public long StateBytes(int batch, long capacity) => checked(batch * ((KvBytesPerToken * capacity) + RecurrentBytes + ConvolutionBytes));
}
