using System.Collections.Immutable;
using System.Numerics.Tensors;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Weights;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Inputs whose shape is the same in each run: lengths and rotary tables.</summary>
internal sealed class SharedInputs : IDisposable
{
    private readonly DecoderSession _session;
    private readonly DecoderShape _shape;
    private readonly ImmutableArray<IntegerInput> _pastLengths;
    private readonly ImmutableArray<IntegerInput> _totalLengths;
    private readonly ImmutableArray<IntegerInput> _lastPositions;
    private readonly ImmutableArray<(string Name, TensorBuffer Buffer)> _tables;

    public SharedInputs(DecoderSession session, DecoderShape shape)
    {
        _session = session;
        _shape = shape;
        _pastLengths = Integers(session, InputRole.PastLength, shape);
        _totalLengths = Integers(session, InputRole.TotalLength, shape);
        _lastPositions = Integers(session, InputRole.LastPositions, shape);
        _tables = [.. session.Manifest.Rotary.SelectMany(rotary => Tables(session, rotary, shape))];
    }

    public void Bind(OrtIoBinding binding)
    {
        foreach (var inputs in (ReadOnlySpan<ImmutableArray<IntegerInput>>)[_pastLengths, _totalLengths, _lastPositions])
        {
            foreach (var input in inputs)
            {
                binding.BindInput(input.Name, input.Buffer.Value);
            }
        }

        foreach (var (name, buffer) in _tables)
        {
            binding.BindInput(name, buffer.Value);
        }
    }

    /// <summary>Sets the lengths for a run; they are the device's after <see cref="StartUpload"/>.</summary>
    public void Set(long past, long tokens)
    {
        Fill(_pastLengths, past);

        // On CUDA the total length of a step only sizes the launch, and a captured step keeps the one that it was captured with: the
        // capacity serves all. The keys that count are told by the last positions.
        Fill(_totalLengths, _session.Cuda is not null && tokens == 1 ? _shape.Capacity : past + tokens);
        Fill(_lastPositions, past + tokens - 1);
    }

    /// <summary>Starts to bring the lengths to the device.</summary>
    public void StartUpload()
    {
        foreach (var inputs in (ReadOnlySpan<ImmutableArray<IntegerInput>>)[_pastLengths, _totalLengths, _lastPositions])
        {
            foreach (var input in inputs)
            {
                input.Buffer.StartUpload();
            }
        }
    }

    public void Dispose()
    {
        foreach (var input in _pastLengths.Concat(_totalLengths).Concat(_lastPositions))
        {
            input.Dispose();
        }

        foreach (var (_, buffer) in _tables)
        {
            buffer.Dispose();
        }
    }

    private static void Fill(ImmutableArray<IntegerInput> inputs, long value)
    {
        foreach (var input in inputs)
        {
            input.Fill(value);
        }
    }

    private static ImmutableArray<IntegerInput> Integers(DecoderSession session, InputRole role, DecoderShape shape) =>
    [
        .. session.Manifest.Inputs.Where(input => input.Role == role).Select(input =>
        {
            var description = session.Input(input.Name);
            long[] dimensions = role == InputRole.LastPositions ? [shape.Batch] : description.Shape.Length == 0 ? [] : [1];
            return new IntegerInput(session, description, dimensions);
        }),
    ];

    private static IEnumerable<(string Name, TensorBuffer Buffer)> Tables(DecoderSession session, RotaryManifest rotary, DecoderShape shape)
    {
        var count = checked(shape.Capacity * (rotary.Dimension / 2));
        var cos = new float[count];
        var sin = new float[count];
        RotaryTable.Fill(rotary, shape.TotalLength, session.Manifest.TrainedContext, cos, sin);
        yield return (rotary.CosInput, Table(session, rotary.CosInput, rotary, shape, cos));
        yield return (rotary.SinInput, Table(session, rotary.SinInput, rotary, shape, sin));
    }

    private static TensorBuffer Table(DecoderSession session, string name, RotaryManifest rotary, DecoderShape shape, float[] values)
    {
        var input = session.Input(name);
        var buffer = TensorBuffer.Input(session, input, [shape.Capacity, rotary.Dimension / 2]);
        switch (input.Type)
        {
            case OrtElementType.Float32:
                values.CopyTo(buffer.Host.Span<float>());
                break;
            case OrtElementType.Float16:
                TensorPrimitives.ConvertToHalf(values, buffer.Host.Span<Half>());
                break;
            case OrtElementType.BFloat16:
                BFloat16Conversion.FromSingle(values, buffer.Host.Span<ushort>());
                break;
            default:
                throw new DecoderException($"Rotary table '{name}' has type {input.Type}; it must be float32, float16 or bfloat16.");
        }

        buffer.StartUpload();
        return buffer;
    }
}
