using System.Numerics.Tensors;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Logits of a run, [batch, positions, vocabulary]; valid until the decoder runs again.</summary>
public readonly unsafe ref struct LogitsView
{
    private readonly nint _data;
    private readonly OrtElementType _type;

    internal LogitsView(nint data, OrtElementType type, int batch, int positions, int vocabulary)
    {
        _data = data;
        _type = type;
        Batch = batch;
        Positions = positions;
        Vocabulary = vocabulary;
    }

    /// <summary>Sequences.</summary>
    public int Batch { get; }

    /// <summary>Positions that have logits.</summary>
    public int Positions { get; }

    /// <summary>Columns of a row.</summary>
    public int Vocabulary { get; }

    /// <summary>Copies the logits of one position.</summary>
    /// <param name="sequence">Sequence of the batch.</param>
    /// <param name="position">Position among those that have logits.</param>
    /// <param name="destination">Receives <see cref="Vocabulary"/> values.</param>
    public void CopyRow(int sequence, int position, Span<float> destination)
    {
        if (_type == OrtElementType.Float32)
        {
            Row<float>(sequence, position).CopyTo(destination);
        }
        else
        {
            TensorPrimitives.ConvertToSingle(Row<Half>(sequence, position), destination);
        }
    }

    /// <summary>The token with the greatest logit; the lowest id among equals.</summary>
    /// <exception cref="NonFiniteLogitsException">A logit is not a number.</exception>
    public int ArgMax(int sequence, int position)
    {
        int index;
        bool valid;
        if (_type == OrtElementType.Float32)
        {
            var row = Row<float>(sequence, position);
            index = TensorPrimitives.IndexOfMax(row);
            valid = !float.IsNaN(row[index]);
        }
        else
        {
            var row = Row<Half>(sequence, position);
            index = TensorPrimitives.IndexOfMax(row);
            valid = !Half.IsNaN(row[index]);
        }

        // IndexOfMax answers the first NaN if there is one.
        return valid ? index : throw new NonFiniteLogitsException(sequence, position, index);
    }

    private ReadOnlySpan<T> Row<T>(int sequence, int position)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence, (uint)Batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)Positions);
        return new ReadOnlySpan<T>((T*)_data + ((((long)sequence * Positions) + position) * Vocabulary), Vocabulary);
    }
}
