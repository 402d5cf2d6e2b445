using System.Numerics.Tensors;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Weights;

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
        switch (_type)
        {
            case OrtElementType.Float32:
                Row<float>(sequence, position).CopyTo(destination);
                break;
            case OrtElementType.BFloat16:
                BFloat16Conversion.ToSingle(Row<ushort>(sequence, position), destination);
                break;
            default:
                TensorPrimitives.ConvertToSingle(Row<Half>(sequence, position), destination);
                break;
        }
    }

    /// <summary>The token with the greatest logit; the lowest id among equals.</summary>
    /// <exception cref="NonFiniteLogitsException">A logit is not a number.</exception>
    public int ArgMax(int sequence, int position)
    {
        int index;
        bool valid;
        switch (_type)
        {
            case OrtElementType.Float32:
                var singles = Row<float>(sequence, position);
                index = TensorPrimitives.IndexOfMax(singles);
                valid = !float.IsNaN(singles[index]);
                break;
            case OrtElementType.BFloat16:
                index = IndexOfMax(Row<ushort>(sequence, position), out valid);
                break;
            default:
                var halves = Row<Half>(sequence, position);
                index = TensorPrimitives.IndexOfMax(halves);
                valid = !Half.IsNaN(halves[index]);
                break;
        }

        // IndexOfMax answers the first NaN if there is one.
        return valid ? index : throw new NonFiniteLogitsException(sequence, position, index, _type);
    }

    private static int IndexOfMax(ReadOnlySpan<ushort> row, out bool valid)
    {
        var best = 0;
        var greatest = float.NegativeInfinity;
        for (var i = 0; i < row.Length; i++)
        {
            var value = BFloat16Conversion.ToSingle(row[i]);
            if (float.IsNaN(value))
            {
                valid = false;
                return i;
            }

            if (value > greatest)
                (best, greatest) = (i, value);
        }

        valid = true;
        return best;
    }

    private ReadOnlySpan<T> Row<T>(int sequence, int position)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence, (uint)Batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)Positions);
        return new ReadOnlySpan<T>((T*)_data + ((((long)sequence * Positions) + position) * Vocabulary), Vocabulary);
    }
}
